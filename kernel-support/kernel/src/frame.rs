//! Messages between the kernel and the worker: requests one way, frames the other.
//!
//! The control channel keeps messages apart, so that a worker that is killed while it writes leaves
//! no half of one behind. A message is one byte for its kind and a payload; the cells' side is
//! `cell_runtime.rs`.

/// The longest payload. Texts that are longer, a panic's for instance, are cut.
pub(crate) const LONGEST: usize = 64 << 10;

/// Where a panic happened and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Panic {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) thread: String,
    pub(crate) message: String,
}

/// How long a cell ran, compilation left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spent {
    pub(crate) wall_ns: u64,
    pub(crate) user_ns: u64,
    pub(crate) system_ns: u64,
    /// What a snapshot before the cell took; zero when the one after the last cell still held.
    pub(crate) snapshot_ns: u64,
    /// What the request for this cell carried: a cell that writes to the channel does not know it.
    pub(crate) token: u64,
}

/// A worker that can take requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ready {
    pub(crate) pid: i32,
    /// The last cell that this worker's variables know of.
    pub(crate) cell: u64,
    /// Threads of the worker before it that are gone.
    pub(crate) threads: usize,
    /// Session-wide values, async runtimes for instance, that were given up with their threads.
    pub(crate) lazies: usize,
}

/// What a cell or the worker reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The worker is about to run the cell.
    Begin,
    /// The cell came to its end.
    End(Spent),
    /// The cell panicked; the worker ends itself, so that its snapshot takes over.
    Panicked,
    /// The cell panicked; there is no snapshot, so the worker goes on with what is left.
    WentOn(Spent),
    /// The cell's library cannot be loaded.
    NotLoaded(String),
    /// The cell's own thread panicked; the panic may still be caught.
    Panic(Panic),
    /// Another thread panicked.
    ThreadPanic(Panic),
    /// `?` met this error.
    UserError(String),
    /// The stack is used up; the worker dies of it.
    StackOverflow,
    /// The cell reads standard input, and there is none.
    InputWanted,
    /// A worker can take requests.
    Ready(Ready),
    /// Some of the variables' names.
    Names(Vec<String>),
    /// The end of an answer.
    Answered,
    /// A snapshot was made after a cell, in so many nanoseconds.
    Copied(u64),
}

impl Frame {
    /// Whether it tells how a cell or a worker fares, rather than what a user is shown.
    pub(crate) fn concerns_host(&self) -> bool {
        matches!(
            self,
            Self::End(_)
                | Self::WentOn(_)
                | Self::Panicked
                | Self::NotLoaded(_)
                | Self::StackOverflow
                | Self::Ready(_)
                | Self::Names(_)
                | Self::Answered
                | Self::Copied(_)
        )
    }
}

/// Encodes a message of text. What is too long is cut at the end of a character.
pub(crate) fn encode(kind: u8, payload: &str) -> Vec<u8> {
    let payload = &payload[..payload.floor_char_boundary(LONGEST)];
    let mut bytes = Vec::with_capacity(1 + payload.len());
    bytes.push(kind);
    bytes.extend(payload.as_bytes());
    bytes
}

/// What a message of the worker says. Nonsense, and kinds that are not known, say nothing.
pub(crate) fn parse(message: &[u8]) -> Option<Frame> {
    let (kind, payload) = message.split_first()?;
    let payload = String::from_utf8_lossy(payload);
    let frame = match kind {
        b'B' => Frame::Begin,
        b'E' => Frame::End(parse_spent(&payload)),
        b'X' => Frame::Panicked,
        b'F' => Frame::WentOn(parse_spent(&payload)),
        b'L' => Frame::NotLoaded(payload.into_owned()),
        b'P' => Frame::Panic(parse_panic(&payload)?),
        b'T' => Frame::ThreadPanic(parse_panic(&payload)?),
        b'U' => Frame::UserError(payload.into_owned()),
        b'S' => Frame::StackOverflow,
        b'I' => Frame::InputWanted,
        b'R' => Frame::Ready(parse_ready(&payload)?),
        b'V' => Frame::Names(payload.lines().map(str::to_owned).collect()),
        b'A' => Frame::Answered,
        b'C' => Frame::Copied(payload.parse().ok()?),
        _ => return None,
    };
    Some(frame)
}

fn parse_spent(payload: &str) -> Spent {
    let mut numbers = payload.split(' ').map(|n| n.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    Spent {
        wall_ns: next(),
        user_ns: next(),
        system_ns: next(),
        snapshot_ns: next(),
        token: next(),
    }
}

fn parse_panic(payload: &str) -> Option<Panic> {
    let mut fields = payload.splitn(5, '\n');
    Some(Panic {
        file: fields.next()?.to_owned(),
        line: fields.next()?.parse().ok()?,
        column: fields.next()?.parse().ok()?,
        thread: fields.next()?.to_owned(),
        message: fields.next()?.to_owned(),
    })
}

fn parse_ready(payload: &str) -> Option<Ready> {
    let mut fields = payload.split(' ');
    Some(Ready {
        pid: fields.next()?.parse().ok()?,
        cell: fields.next()?.parse().ok()?,
        threads: fields.next()?.parse().ok()?,
        lazies: fields.next()?.parse().ok()?,
    })
}

impl Spent {
    /// The payload that [`parse`] reads.
    pub(crate) fn payload(&self) -> String {
        let Self {
            wall_ns,
            user_ns,
            system_ns,
            snapshot_ns,
            token,
        } = self;
        format!("{wall_ns} {user_ns} {system_ns} {snapshot_ns} {token}")
    }
}

impl Ready {
    /// The payload that [`parse`] reads.
    pub(crate) fn payload(&self) -> String {
        let Self {
            pid,
            cell,
            threads,
            lazies,
        } = self;
        format!("{pid} {cell} {threads} {lazies}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_say_what_was_encoded() {
        let Some(Frame::Panic(panic)) = parse(&encode(
            b'P',
            "src/lib.rs\n7\n3\nmain\nfirst line\nsecond line",
        )) else {
            panic!("expected a panic");
        };
        assert_eq!(panic.message, "first line\nsecond line");
        assert_eq!(panic.line, 7);
        let spent = Spent {
            wall_ns: 5,
            user_ns: 6,
            system_ns: 7,
            snapshot_ns: 8,
            token: 9,
        };
        assert_eq!(
            parse(&encode(b'E', &spent.payload())),
            Some(Frame::End(spent))
        );
        let ready = Ready {
            pid: 1,
            cell: 2,
            threads: 3,
            lazies: 4,
        };
        assert_eq!(
            parse(&encode(b'R', &ready.payload())),
            Some(Frame::Ready(ready))
        );
    }

    #[test]
    fn nonsense_is_dropped_without_a_panic() {
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&[b'P', 255, 255, 255, 255, 1, 2]), None);
        assert_eq!(parse(&encode(b'P', "no fields")), None);
        assert_eq!(parse(&encode(b'R', "1 2 -3 4")), None);
        assert_eq!(parse(&encode(b'?', "unknown")), None);
        for kind in 0..=255 {
            let _ = parse(&[kind, 0xff, b'\n', b'9', b' ']);
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = encode(b'U', &"ä".repeat(LONGEST));
        assert!(long.len() <= LONGEST + 1);
        assert!(std::str::from_utf8(&long[1..]).is_ok());
        let odd = encode(b'U', &format!("a{}", "ä".repeat(LONGEST)));
        assert_eq!(odd.len(), LONGEST);
    }
}
