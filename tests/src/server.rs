//! `ferrolab start` as a child: JupyterLab on the course.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::program::{Group, ferrolab};
use crate::python::Jupyter;

/// A running JupyterLab.
#[derive(Debug)]
pub struct Server {
    group: Group,
    port: u16,
    /// Where the first notebook opens, token included.
    pub url: String,
    /// What was said on the way, with the time each step took.
    pub said: String,
    _jupyter: Jupyter,
}

/// A port that is free at the moment.
///
/// # Panics
///
/// When none is.
pub fn free_port() -> u16 {
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    holder
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}

impl Server {
    /// Starts it and waits for the address it prints. `mark` goes into the environment of all it starts.
    ///
    /// # Panics
    ///
    /// When no address is printed in time.
    pub fn start(mark: &str, limit: Duration) -> Self {
        let port = free_port();
        let jupyter = Jupyter::new();
        // A copy of the course would be set up anew, since the kernel knows the course it was built from.
        let mut command = ferrolab(&["start", "--no-browser", "--port", &port.to_string()]);
        jupyter.set(&mut command);
        jupyter.keep_files_as_they_are();
        command.env("FERROLAB_TEST_MARK", mark);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut group = Group::start(&mut command).expect("`ferrolab` can be started");
        let lines = follow(&mut group);
        let deadline = Instant::now() + limit;
        let mut said = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = lines.recv_timeout(left);
            let line =
                line.unwrap_or_else(|_| panic!("`ferrolab start` printed no address:\n{said}"));
            said.push_str(&line);
            said.push('\n');
            if let Some(start) = line.find("http://") {
                let url = line[start..].trim().to_owned();
                return Self {
                    group,
                    port,
                    url,
                    said,
                    _jupyter: jupyter,
                };
            }
        }
    }

    /// Asks the server something: a path, to which the token is added.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    pub fn get(&self, path: &str) -> String {
        let token = self.url.split_once("token=").map_or("", |(_, token)| token);
        let mut stream =
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("the server listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a limit can be set");
        let request = format!(
            "GET {path}?token={token} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n\r\n",
            self.port
        );
        stream
            .write_all(request.as_bytes())
            .expect("the server reads");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the server answers");
        answer
    }

    /// Presses Ctrl-C and waits.
    ///
    /// # Panics
    ///
    /// When it does not end, or not with success.
    pub fn stop(mut self) {
        self.group.signal(libc::SIGINT);
        let status = self
            .group
            .wait(Duration::from_secs(40))
            .expect("Ctrl-C ends the server");
        assert!(status.success(), "the server ended with {status}");
    }
}

/// The lines of both streams as they come.
fn follow(group: &mut Group) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        group.0.stdout.take().map(|stream| Box::new(stream) as _),
        group.0.stderr.take().map(|stream| Box::new(stream) as _),
    ];
    for stream in streams.into_iter().flatten() {
        let sender = sender.clone();
        // Reading goes on when nobody listens any more, lest the server block on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
    }
    receiver
}
