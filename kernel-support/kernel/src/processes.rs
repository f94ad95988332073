//! Which processes there are, and whose they are.

/// A process, its parent, and whether it has ended but was not waited for yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) ended: bool,
}

/// All that descend from a process, itself left out, and from others, `keep` and what it started
/// left out.
pub(crate) fn descendants(of: i32, keep: Option<i32>) -> Vec<i32> {
    let all = list();
    let mut found = vec![of];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        next += 1;
        let children = all
            .iter()
            .filter(|process| process.parent == parent && Some(process.pid) != keep)
            .map(|process| process.pid);
        found.extend(children);
    }
    let lives = |pid: &i32| {
        all.iter()
            .any(|process| process.pid == *pid && !process.ended)
    };
    found.into_iter().skip(1).filter(lives).collect()
}

/// Whether there is a process of this number.
pub(crate) fn exists(pid: i32) -> bool {
    // SAFETY: signal 0 only asks.
    pid > 1 && unsafe { libc::kill(pid, 0) } == 0
}

/// Ends a process.
pub(crate) fn end(pid: i32) {
    // SAFETY: a signal to a process that descends from this one, as the callers have found.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

/// Ends a process group.
pub(crate) fn end_group(group: i32) {
    if group > 1 {
        // SAFETY: a signal to a process group; the group is one that the kernel started.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

/// Every process.
#[cfg(target_os = "linux")]
pub(crate) fn list() -> Vec<Process> {
    let Ok(folder) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    folder
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read(entry.path().join("stat")).ok()?;
            parse_stat(pid, &String::from_utf8_lossy(&stat))
        })
        .collect()
}

/// What `/proc/PID/stat` says. The name of the program, in brackets, may hold anything.
#[cfg(target_os = "linux")]
fn parse_stat(pid: i32, stat: &str) -> Option<Process> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    Some(Process {
        pid,
        parent: fields.next()?.parse().ok()?,
        ended: matches!(state, "Z" | "X"),
    })
}

/// Every process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn list() -> Vec<Process> {
    let listed = std::process::Command::new("ps")
        .args(["-A", "-o", "pid=,ppid=,stat="])
        .output();
    let text = listed
        .map(|out| String::from_utf8_lossy(&out.stdout).into_owned())
        .unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            Some(Process {
                pid: fields.next()?.parse().ok()?,
                parent: fields.next()?.parse().ok()?,
                ended: fields.next()?.starts_with('Z'),
            })
        })
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let process = parse_stat(7, "7 (a) Z 1 (b) S 3 4 5").expect("a process");
        assert_eq!((process.parent, process.ended), (3, false));
    }

    #[test]
    fn grandchildren_are_found_and_kept_ones_are_not() {
        let mut child = std::process::Command::new("sh")
            .args(["-c", "sleep 60 & echo $!; wait"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("read");
        let grandchild: i32 = line.trim().parse().expect("a number");
        let own = std::process::id().cast_signed();
        assert!(descendants(own, None).contains(&grandchild));
        let shell = child.id().cast_signed();
        assert!(!descendants(own, Some(shell)).contains(&grandchild));
        end(grandchild);
        child.wait().expect("ended");
    }
}
