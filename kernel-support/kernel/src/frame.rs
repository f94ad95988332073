//! Frames on the control channel, by which a running cell tells the kernel what happened.
//!
//! A frame is one byte for its kind, four for the length of the payload (little-endian), and the
//! payload. The cells' side of it is `ferrolab-rustc`'s `cell_module.rs`.

/// Payloads longer than this are taken for damage: the stream is dropped up to its end.
const LONGEST: usize = 16 << 20;

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
}

/// What a cell or the worker reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The worker is about to run the cell.
    Begin,
    /// The cell came to its end.
    End(Spent),
    /// The cell's own thread panicked; the panic may still be caught.
    Panic(Panic),
    /// Another thread panicked.
    ThreadPanic(Panic),
    /// `?` met this error.
    UserError(String),
    /// A line that evcxr gets as well.
    Notice(String),
}

/// Encodes a frame.
pub(crate) fn encode(kind: u8, payload: &str) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("the kernel's own frames are short");
    let mut bytes = vec![kind];
    bytes.extend(length.to_le_bytes());
    bytes.extend(payload.as_bytes());
    bytes
}

/// Cuts a byte stream into frames.
#[derive(Default)]
pub(crate) struct Decoder {
    pending: Vec<u8>,
}

impl Decoder {
    /// Takes further bytes and gives the frames that are complete. Unknown kinds are passed over.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<Frame> {
        self.pending.extend_from_slice(bytes);
        let mut frames = Vec::new();
        let mut rest = &self.pending[..];
        while let [kind, a, b, c, d, after @ ..] = rest {
            let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            if length > LONGEST {
                rest = &[];
                break;
            }
            let Some(payload) = after.get(..length) else {
                break;
            };
            frames.extend(parse(*kind, &String::from_utf8_lossy(payload)));
            rest = &after[length..];
        }
        self.pending = rest.to_vec();
        frames
    }
}

fn parse(kind: u8, payload: &str) -> Option<Frame> {
    match kind {
        b'B' => Some(Frame::Begin),
        b'E' => Some(Frame::End(parse_spent(payload))),
        b'P' => parse_panic(payload).map(Frame::Panic),
        b'T' => parse_panic(payload).map(Frame::ThreadPanic),
        b'U' => Some(Frame::UserError(payload.to_owned())),
        b'N' => Some(Frame::Notice(payload.to_owned())),
        _ => None,
    }
}

fn parse_spent(payload: &str) -> Spent {
    let mut numbers = payload.split(' ').map(|n| n.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    Spent {
        wall_ns: next(),
        user_ns: next(),
        system_ns: next(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_any_cutting() {
        let mut bytes = encode(b'B', "");
        bytes.extend(encode(
            b'P',
            "src/lib.rs\n7\n3\nmain\nfirst line\nsecond line",
        ));
        bytes.extend(encode(b'?', "unknown"));
        bytes.extend(encode(b'E', "5 6 7"));
        for cut in 1..bytes.len() {
            let mut decoder = Decoder::default();
            let frames: Vec<_> = bytes
                .chunks(cut)
                .flat_map(|part| decoder.feed(part))
                .collect();
            assert_eq!(frames.len(), 3, "cut in pieces of {cut}");
            let Frame::Panic(panic) = &frames[1] else {
                panic!("expected a panic, found {:?}", frames[1]);
            };
            assert_eq!(panic.message, "first line\nsecond line");
            assert_eq!(panic.line, 7);
            assert!(matches!(
                frames[2],
                Frame::End(Spent {
                    wall_ns: 5,
                    user_ns: 6,
                    system_ns: 7
                })
            ));
        }
    }

    #[test]
    fn nonsense_is_dropped_without_a_panic() {
        let mut decoder = Decoder::default();
        assert!(decoder.feed(&[b'P', 255, 255, 255, 255, 1, 2]).is_empty());
        assert!(decoder.feed(&encode(b'P', "no fields")).is_empty());
        assert_eq!(decoder.feed(&encode(b'B', "")), [Frame::Begin]);
    }
}
