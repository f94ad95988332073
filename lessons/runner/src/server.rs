//! The Jupyter server as a child: ports, waiting until it answers, ending it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::fault::Fault;
use crate::files;
use crate::places::Places;
use crate::process::Group;

const FIRST_PORT: u16 = 8888;

/// A running server.
pub(crate) struct Server {
    group: Group,
    port: u16,
    token: String,
}

/// The port asked for if it is free, or else the first free one from 8888 on.
pub(crate) fn choose_port(asked: Option<u16>) -> Result<u16> {
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    if let Some(port) = asked {
        if free(port) {
            return Ok(port);
        }
        return Err(Fault::error(
            format!("port {port} is in use"),
            format!(
                "take another with `--port {}`, or leave `--port` out",
                port.saturating_add(1)
            ),
        ));
    }
    let port = (FIRST_PORT..FIRST_PORT + 200)
        .find(|port| free(*port))
        .ok_or_else(|| {
            Fault::error(
                format!("no port from {FIRST_PORT} on is free"),
                "name one with `--port`",
            )
        })?;
    if port != FIRST_PORT {
        eprintln!("port {FIRST_PORT} is in use, taking {port}");
    }
    Ok(port)
}

impl Server {
    /// Starts JupyterLab on the course.
    pub(crate) fn start(places: &Places, port: u16) -> Result<Self> {
        let token = uuid::Uuid::new_v4().simple().to_string();
        let log = places.home.join("jupyterlab.log");
        files::write_atomically(&log, b"")?;
        let out = std::fs::OpenOptions::new()
            .append(true)
            .open(&log)
            .with_context(|| format!("`{}` cannot be opened", log.display()))?;
        let mut command = Command::new(places.venv_python());
        command
            .args(["-m", "jupyterlab"])
            .args(options(places, port))
            .current_dir(places.notebooks())
            .env("JUPYTER_TOKEN", &token)
            .env("FERROLAB_HOME", &places.home)
            .stdin(Stdio::null())
            .stdout(out.try_clone().context("the log cannot be shared")?)
            .stderr(out);
        let group = Group::spawn(&mut command).context("JupyterLab cannot be started")?;
        Ok(Self { group, port, token })
    }

    /// Waits until the server answers.
    pub(crate) fn wait(&mut self, places: &Places, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        let log = places.home.join("jupyterlab.log");
        while Instant::now() < deadline {
            if self.answers() {
                return Ok(());
            }
            if self.group.wait_for(Duration::from_millis(100)) {
                let text = files::read(&log).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                let tail = lines[lines.len().saturating_sub(15)..].join("\n");
                return Err(Fault::error(
                    format!("JupyterLab ended at once\n{tail}"),
                    format!("the whole log is `{}`", log.display()),
                ));
            }
        }
        Err(Fault::error(
            format!("JupyterLab does not answer on port {}", self.port),
            format!("see `{}`", log.display()),
        ))
    }

    /// Where a notebook opens. The server's root is the course.
    pub(crate) fn url(&self, notebook: Option<&str>) -> String {
        let page = match notebook {
            Some(notebook) => format!("/tree/notebooks/{notebook}"),
            None => "/tree/notebooks".to_owned(),
        };
        format!(
            "http://127.0.0.1:{}/lab{page}?token={}",
            self.port, self.token
        )
    }

    /// Whether the server ended by itself.
    pub(crate) fn ended(&mut self) -> bool {
        self.group.wait_for(Duration::ZERO)
    }

    /// Ends server and kernels: it shuts its kernels down when it is asked to end politely.
    pub(crate) fn stop(mut self) {
        #[cfg(unix)]
        self.group.signal(libc::SIGTERM);
        self.group.wait_for(Duration::from_secs(15));
    }

    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let address = (Ipv4Addr::LOCALHOST, self.port).into();
            let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            let request = format!(
                "GET /api/status?token={} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n\r\n",
                self.token, self.port
            );
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.take(4096).read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| {
            answer
                .lines()
                .next()
                .is_some_and(|line| line.contains(" 200 "))
        })
    }
}

fn options(places: &Places, port: u16) -> Vec<String> {
    let mut options = vec![
        "--no-browser".to_owned(),
        "--ServerApp.ip=127.0.0.1".to_owned(),
        format!("--ServerApp.port={port}"),
        "--ServerApp.port_retries=0".to_owned(),
        format!("--ServerApp.root_dir={}", places.root.display()),
        format!(
            "--FileContentsManager.preferred_dir={}",
            places.notebooks().display()
        ),
        "--MappingKernelManager.default_kernel_name=ferrolab".to_owned(),
        // No news, no update checks, no offers to rebuild.
        "--LabApp.news_url=None".to_owned(),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate".to_owned(),
    ];
    // SAFETY: `geteuid` only reads a number.
    #[cfg(unix)]
    if unsafe { libc::geteuid() } == 0 {
        // Containers run as root; Jupyter refuses that unless told that it is meant.
        options.push("--ServerApp.allow_root=True".to_owned());
    }
    options
}
