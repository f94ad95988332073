//! Carries a worker's output to whoever shows it, on a thread of its own.
//!
//! Standard output, standard error, the control channel and what the supervisor reports are read as
//! they fill. [`Pump::barrier`] answers when all that was written before it has been handed on, which
//! is how a cell's output is known to be complete.

use crate::descriptors;
use crate::frame::{self, Frame};
use crate::pipes::KernelEnds;
use crate::stream::{Parser, Piece};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::mpsc::{self, Receiver, Sender};

/// Something that the worker wrote.
pub(crate) enum Event {
    Out(Piece),
    Err(String),
    Control(Frame),
    /// A line of the supervisor.
    Supervisor(String),
}

/// Room for any frame, and for as much output as is handed on at once.
const BUFFER: usize = frame::LONGEST + 1;

/// The control channel's place among the sources.
const CONTROL: usize = 2;

/// A handle to the thread that reads.
pub(crate) struct Pump {
    wake: File,
    requests: Sender<Sender<()>>,
}

impl Pump {
    /// Starts reading. `sink` gets every event in order; it may block, and the worker then waits.
    ///
    /// # Errors
    ///
    /// When a pipe or the thread cannot be made.
    pub(crate) fn start(
        ends: KernelEnds,
        sink: impl FnMut(Event) + Send + 'static,
    ) -> io::Result<Self> {
        let (woken, wake) = io::pipe()?;
        let (requests, received) = mpsc::channel();
        let mut reader = Reader {
            sources: [
                ends.output.into(),
                ends.error.into(),
                ends.control.into(),
                ends.events.into(),
            ],
            control_open: true,
            woken: File::from(std::os::fd::OwnedFd::from(woken)),
            requests: received,
            out: Parser::default(),
            err: Parser::default(),
            line: Vec::new(),
            sink: Box::new(sink),
        };
        std::thread::Builder::new()
            .name("output".into())
            .spawn(move || reader.run())?;
        Ok(Self {
            wake: File::from(std::os::fd::OwnedFd::from(wake)),
            requests,
        })
    }

    /// Waits until everything written so far has been handed to the sink.
    pub(crate) fn barrier(&self) {
        let (done, finished) = mpsc::channel();
        if self.requests.send(done).is_ok() && (&self.wake).write_all(&[1]).is_ok() {
            // An error means that the reader is gone, and with it all that could be waited for.
            let _ = finished.recv();
        }
    }
}

struct Reader {
    /// Standard output, standard error, control, the supervisor.
    sources: [File; 4],
    /// A cell can shut the channel down; there is nothing more to wait for then.
    control_open: bool,
    woken: File,
    requests: Receiver<Sender<()>>,
    out: Parser,
    err: Parser,
    /// The start of a line of the supervisor.
    line: Vec<u8>,
    sink: Box<dyn FnMut(Event) + Send>,
}

impl Reader {
    fn run(&mut self) {
        let mut buffer = vec![0; BUFFER];
        loop {
            let ready = match self.wait() {
                Ok(ready) => ready,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return eprintln!("the worker's output cannot be read: {error}"),
            };
            for (source, ready) in ready[..4].iter().enumerate() {
                if *ready && !self.read(source, &mut buffer) {
                    return;
                }
            }
            if ready[4] {
                self.answer_barriers(&mut buffer);
            }
        }
    }

    fn wait(&self) -> io::Result<[bool; 5]> {
        let [out, err, control, events] = &self.sources;
        let mut descriptors = [out, err, control, events, &self.woken].map(|file| file.as_raw_fd());
        if !self.control_open {
            descriptors[CONTROL] = -1;
        }
        descriptors::ready(descriptors, -1)
    }

    /// Reads once; false at the end of the stream, which the kernel itself holds open.
    fn read(&mut self, source: usize, buffer: &mut [u8]) -> bool {
        match self.sources[source].read(buffer) {
            Ok(0) if source == CONTROL => {
                self.control_open = waiting(self.sources[CONTROL].as_raw_fd()) > 0;
                true
            }
            Ok(0) => false,
            Ok(count) => {
                self.hand_on(source, &buffer[..count]);
                true
            }
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        }
    }

    fn hand_on(&mut self, source: usize, bytes: &[u8]) {
        match source {
            0 => {
                let pieces = self.out.feed(bytes);
                self.emit_out(pieces);
            }
            1 => {
                let pieces = self.err.feed(bytes);
                self.emit_err(pieces);
            }
            CONTROL => self.take_frame(bytes),
            _ => self.take_lines(bytes),
        }
    }

    fn take_frame(&mut self, message: &[u8]) {
        let Some(frame) = frame::parse(message) else {
            return;
        };
        if frame == Frame::InputWanted {
            // What the cell printed before it asks, the question itself perhaps, comes before.
            self.drain(0);
            self.drain(1);
        }
        (self.sink)(Event::Control(frame));
    }

    fn take_lines(&mut self, bytes: &[u8]) {
        // A dead worker's last frames were sent before its death was reported.
        self.drain_control();
        self.line.extend_from_slice(bytes);
        while let Some(end) = self.line.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.line.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line[..end]).into_owned();
            (self.sink)(Event::Supervisor(line));
        }
    }

    fn emit_out(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            (self.sink)(Event::Out(piece));
        }
    }

    /// Standard error carries text only; a block printed there is shown as a display all the same.
    fn emit_err(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => (self.sink)(Event::Err(text)),
                other => (self.sink)(Event::Out(other)),
            }
        }
    }

    fn answer_barriers(&mut self, buffer: &mut [u8]) {
        let _ = self.woken.read(buffer);
        while let Ok(done) = self.requests.try_recv() {
            self.drain_control();
            self.drain(0);
            self.drain(1);
            let pieces = self.out.finish();
            self.emit_out(pieces);
            let pieces = self.err.finish();
            self.emit_err(pieces);
            let _ = done.send(());
        }
    }

    /// Reads as much as waited in the pipe at this moment. Threads that go on printing cannot
    /// keep the cell from ending.
    fn drain(&mut self, source: usize) {
        let mut buffer = [0; 8 << 10];
        let mut left = waiting(self.sources[source].as_raw_fd());
        while left > 0 {
            let part = left.min(buffer.len());
            match self.sources[source].read(&mut buffer[..part]) {
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    left -= count;
                    self.hand_on(source, &buffer[..count]);
                }
            }
        }
    }

    /// The same for messages. Each is taken whole, so their number is bounded by the channel's room.
    fn drain_control(&mut self) {
        let mut buffer = vec![0; BUFFER];
        let mut left = waiting(self.sources[CONTROL].as_raw_fd());
        while left > 0 && self.control_open {
            // SAFETY: pointer and length are those of the buffer.
            let count = unsafe {
                libc::recv(
                    self.sources[CONTROL].as_raw_fd(),
                    buffer.as_mut_ptr().cast(),
                    buffer.len(),
                    libc::MSG_DONTWAIT,
                )
            };
            let Ok(count @ 1..) = usize::try_from(count) else {
                return;
            };
            left = left.saturating_sub(count);
            self.take_frame(&buffer[..count]);
        }
    }
}

/// The number of bytes that can be read at once.
fn waiting(fd: RawFd) -> usize {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes one integer to the address given.
    let result = unsafe { libc::ioctl(fd, libc::FIONREAD, &raw mut count) };
    if result < 0 {
        0
    } else {
        usize::try_from(count).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipes;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_barrier_waits_for_all_that_was_written() {
        let (ends, _worker) = pipes::open().expect("descriptors");
        let (output, mut out) = io::pipe().expect("a pipe");
        let (error, mut err) = io::pipe().expect("a pipe");
        let seen = Arc::new(Mutex::new((String::new(), String::new())));
        let sink = Arc::clone(&seen);
        let ends = KernelEnds {
            output: output.into(),
            error: error.into(),
            ..ends
        };
        let pump = Pump::start(ends, move |event| {
            let mut seen = sink.lock().expect("no panic");
            match event {
                Event::Out(Piece::Text(text)) => seen.0.push_str(&text),
                Event::Err(text) => seen.1.push_str(&text),
                _ => panic!("only text was written"),
            }
        })
        .expect("a pump");
        for round in 1..=50 {
            out.write_all(b"out EVCXR_").expect("written");
            err.write_all(b"err").expect("written");
            pump.barrier();
            let seen = seen.lock().expect("no panic");
            assert_eq!(seen.0.len(), round * 10);
            assert_eq!(seen.1.len(), round * 3);
        }
    }
}
