//! What the kernel asks of the worker.
//!
//! A request names the worker that it is meant for: one that a dead worker left unread must not be
//! obeyed by the next, which has other variables.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A request, without its addressee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Load a library and run its cell.
    Run {
        /// The number of the cell, one more than that of the last.
        cell: u64,
        /// What the worker says again when the cell has ended.
        token: u64,
        library: PathBuf,
        /// The variables to drop before.
        forget: Vec<String>,
    },
    /// Drop variables.
    Forget(Vec<String>),
    /// Tell the names of all variables.
    Names,
    /// Make snapshots, or make none.
    Snapshots(bool),
}

impl Request {
    /// The message for the worker of this number.
    pub(crate) fn encode(&self, worker: i32) -> Vec<u8> {
        let (kind, fields): (_, Vec<Vec<u8>>) = match self {
            Self::Run {
                cell,
                token,
                library,
                forget,
            } => (
                b'R',
                vec![
                    cell.to_string().into(),
                    token.to_string().into(),
                    library.as_os_str().as_bytes().to_vec(),
                    forget.join("\n").into(),
                ],
            ),
            Self::Forget(names) => (b'G', vec![names.join("\n").into()]),
            Self::Names => (b'N', Vec::new()),
            Self::Snapshots(on) => (b'S', vec![vec![u8::from(*on)]]),
        };
        let mut bytes = vec![kind];
        bytes.extend(worker.to_string().as_bytes());
        for field in fields {
            // No name, number or path holds this byte.
            bytes.push(0);
            bytes.extend(field);
        }
        bytes
    }

    /// A message's addressee and what it asks. Nonsense asks nothing.
    pub(crate) fn parse(message: &[u8]) -> Option<(i32, Self)> {
        let (kind, payload) = message.split_first()?;
        let mut fields = payload.splitn(5, |byte| *byte == 0);
        let worker = number(fields.next()?)?;
        let request = match kind {
            b'R' => Self::Run {
                cell: number(fields.next()?)?,
                token: number(fields.next()?)?,
                library: OsStr::from_bytes(fields.next()?).to_owned().into(),
                forget: names(fields.next()?),
            },
            b'G' => Self::Forget(names(fields.next()?)),
            b'N' => Self::Names,
            b'S' => Self::Snapshots(fields.next()? == [1]),
            _ => return None,
        };
        Some((worker, request))
    }
}

fn number<T: std::str::FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn names(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn requests_arrive_as_they_were_sent() {
        let path = std::ffi::OsString::from_vec(b"/a folder/\xff/lib\n.so".to_vec());
        let requests = [
            Request::Run {
                cell: 7,
                token: u64::MAX,
                library: path.into(),
                forget: vec!["a".into(), "b".into()],
            },
            Request::Run {
                cell: 8,
                token: 0,
                library: "x.so".into(),
                forget: Vec::new(),
            },
            Request::Forget(vec!["größe".into()]),
            Request::Names,
            Request::Snapshots(true),
            Request::Snapshots(false),
        ];
        for request in requests {
            assert_eq!(
                Request::parse(&request.encode(42)),
                Some((42, request.clone()))
            );
        }
    }

    #[test]
    fn nonsense_asks_nothing() {
        for message in [
            &b""[..],
            b"R",
            b"R1",
            b"R1\0x\0y\0z",
            b"N",
            b"Nx",
            b"?1",
            b"S1",
        ] {
            assert_eq!(Request::parse(message), None, "{message:?}");
        }
    }
}
