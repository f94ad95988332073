//! What rustc made of cells, kept for all sessions.
//!
//! One file an entry: a magic word, two lengths, a checksum, what rustc printed, the library. It is
//! written under another name and renamed, so that a kill in the middle leaves at most a file that
//! nobody reads. The name is a hash of all that rustc's work depends on. Entries that were not used
//! for the longest time go first.

use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const MAGIC: &[u8; 8] = b"ferrocc1";
const HEAD: usize = 8 + 8 + 8 + 32;
/// Files that a killed kernel left half written are removed after this time.
const ABANDONED: Duration = Duration::from_secs(600);
/// Entries are counted once in so many that are written.
const SWEEP_EVERY: u32 = 32;

/// What may be kept, unless the user says otherwise.
pub(crate) const DEFAULT_BYTES: u64 = 512 << 20;

/// What rustc made of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its diagnostics, as JSON lines.
    pub(crate) printed: String,
    /// The library, if there is one; none of a cell that failed or only defines things.
    pub(crate) library: Vec<u8>,
    pub(crate) success: bool,
}

/// A hash of what an entry depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// Hashes the parts; where one ends and the next begins counts.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hex(&hash.finalize()))
    }
}

/// The folder of entries.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
    bytes: u64,
    written: u32,
}

impl Cache {
    /// The cache in this folder. The folder is made when something is kept.
    pub(crate) fn new(folder: PathBuf, bytes: u64) -> Self {
        Self {
            folder,
            bytes,
            // The first entry of a session looks for what was left behind.
            written: SWEEP_EVERY - 1,
        }
    }

    /// How much may be kept.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Sets how much may be kept; nothing for 0.
    pub(crate) fn set_bytes(&mut self, bytes: u64) {
        self.bytes = bytes;
        self.sweep();
    }

    /// The entry of this key. One that is damaged is none, and is removed.
    pub(crate) fn get(&self, key: &Key) -> Option<Entry> {
        let path = self.path(key);
        let mut bytes = Vec::new();
        let mut file = File::open(&path).ok()?;
        file.read_to_end(&mut bytes).ok()?;
        let entry = decode(&bytes);
        if entry.is_none() {
            let _ = fs::remove_file(&path);
        } else {
            // The time of its last use.
            let _ = File::options()
                .append(true)
                .open(&path)
                .and_then(|file| file.set_modified(SystemTime::now()));
        }
        entry
    }

    /// Keeps an entry. A full disk only costs the next compilation.
    pub(crate) fn put(&mut self, key: &Key, entry: &Entry) {
        if self.bytes == 0 || entry.library.len() as u64 > self.bytes / 4 {
            return;
        }
        if let Err(error) = self.write(key, &encode(entry)) {
            eprintln!("ferrolab: a compiled cell is not kept: {error}");
        }
        self.written += 1;
        if self.written >= SWEEP_EVERY {
            self.written = 0;
            self.sweep();
        }
    }

    /// Removes all entries; how many bytes they took.
    pub(crate) fn clear(&mut self) -> u64 {
        let (size, entries) = self.entries();
        for (_, _, path) in entries {
            let _ = fs::remove_file(path);
        }
        size
    }

    /// How many bytes all entries take, and how many they are.
    pub(crate) fn size(&self) -> (u64, usize) {
        let (size, entries) = self.entries();
        (size, entries.len())
    }

    fn write(&self, key: &Key, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::Builder::new()
            .prefix("new-")
            .tempfile_in(&self.folder)?;
        file.write_all(bytes)?;
        file.persist(self.path(key)).map_err(|error| error.error)?;
        Ok(())
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(&key.0)
    }

    /// All entries with the time of their last use, and their size together.
    fn entries(&self) -> (u64, Vec<(SystemTime, u64, PathBuf)>) {
        let mut size = 0;
        let mut all = Vec::new();
        for found in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let Ok(data) = found.metadata() else { continue };
            let used = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if is_half_written(&found.path()) {
                if used.elapsed().is_ok_and(|age| age > ABANDONED) {
                    let _ = fs::remove_file(found.path());
                }
                continue;
            }
            size += data.len();
            all.push((used, data.len(), found.path()));
        }
        (size, all)
    }

    /// Removes the entries that were not used for the longest time, until there is some room.
    fn sweep(&self) {
        let (mut size, mut entries) = self.entries();
        if size <= self.bytes {
            return;
        }
        entries.sort();
        for (_, length, path) in entries {
            if size <= self.bytes / 10 * 9 {
                break;
            }
            if fs::remove_file(path).is_ok() {
                size -= length;
            }
        }
    }
}

fn is_half_written(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("new-"))
}

fn encode(entry: &Entry) -> Vec<u8> {
    let mut body = Vec::with_capacity(entry.printed.len() + entry.library.len() + 1);
    body.push(u8::from(entry.success));
    body.extend(entry.printed.as_bytes());
    body.extend(&entry.library);
    let mut bytes = Vec::with_capacity(HEAD + body.len());
    bytes.extend(MAGIC);
    bytes.extend((entry.printed.len() as u64).to_le_bytes());
    bytes.extend((entry.library.len() as u64).to_le_bytes());
    bytes.extend(Sha256::digest(&body));
    bytes.extend(body);
    bytes
}

fn decode(bytes: &[u8]) -> Option<Entry> {
    let (head, body) = bytes.split_at_checked(HEAD)?;
    let number = |at: usize| -> Option<usize> {
        usize::try_from(u64::from_le_bytes(head.get(at..at + 8)?.try_into().ok()?)).ok()
    };
    let (printed, library) = (number(8)?, number(16)?);
    let length = printed.checked_add(library)?.checked_add(1)?;
    if !head.starts_with(MAGIC) || body.len() != length || head[24..] != *Sha256::digest(body) {
        return None;
    }
    Some(Entry {
        success: body[0] == 1,
        printed: String::from_utf8(body[1..=printed].to_vec()).ok()?,
        library: body[printed + 1..].to_vec(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(size: usize) -> Entry {
        Entry {
            printed: "{\"message\":\"ü\"}\n".into(),
            library: vec![7; size],
            success: true,
        }
    }

    fn key(name: &str) -> Key {
        Key::of([name.as_bytes()])
    }

    #[test]
    fn what_was_kept_comes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut cache = Cache::new(folder.path().join("cells"), DEFAULT_BYTES);
        assert_eq!(cache.get(&key("a")), None);
        cache.put(&key("a"), &entry(1000));
        assert_eq!(cache.get(&key("a")), Some(entry(1000)));
        assert_eq!(cache.get(&key("b")), None);
        assert_eq!(cache.size().1, 1);
        assert!(cache.clear() > 1000);
        assert_eq!(cache.size(), (0, 0));
    }

    #[test]
    fn a_damaged_entry_is_none_wherever_it_is_damaged() {
        let whole = encode(&entry(40));
        for cut in 0..whole.len() {
            assert_eq!(decode(&whole[..cut]), None, "cut at {cut}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert_eq!(decode(&changed), None, "changed at {at}");
        }
        let longer = [whole.as_slice(), b"x"].concat();
        assert_eq!(decode(&longer), None);
    }

    #[test]
    fn keys_know_where_a_part_ends() {
        assert_ne!(
            Key::of([b"ab".as_slice(), b"c"]),
            Key::of([b"a".as_slice(), b"bc"])
        );
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut cache = Cache::new(folder.path().to_owned(), DEFAULT_BYTES);
        for name in 0..10 {
            cache.put(&key(&name.to_string()), &entry(1000));
            let path = cache.path(&key(&name.to_string()));
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(name);
            File::options()
                .append(true)
                .open(path)
                .and_then(|file| file.set_modified(time))
                .expect("a time is set");
        }
        // Reading an entry is using it.
        assert!(cache.get(&key("0")).is_some());
        cache.set_bytes(5_500);
        assert!(cache.size().0 <= 5_500);
        let has = |name: &str| cache.get(&key(name)).is_some();
        assert!(has("0") && has("9") && !has("1"));
    }
}
