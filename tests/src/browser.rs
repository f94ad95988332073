//! Headless Chromium, driven through chromedriver.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use thirtyfour::{By, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

use crate::places;
use crate::program::Group;
use crate::server::free_port;

/// What Chromium needs to run as root in a container, and without asking the world for news.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
    "--hide-scrollbars",
];

/// A browser with a profile of its own. All of it ends with this value.
#[derive(Debug)]
pub struct Browser {
    driver: WebDriver,
    profile: TempDir,
    group: Group,
}

impl Browser {
    /// Starts chromedriver and the browser. `mark` goes into the environment of both.
    ///
    /// # Errors
    ///
    /// When they are not there: `.ci/install` installs them.
    pub async fn start(mark: &str) -> Result<Self> {
        let port = free_port();
        let mut command = Command::new("chromedriver");
        command
            .arg(format!("--port={port}"))
            .env("FERROLAB_TEST_MARK", mark);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let group = Group::start(&mut command)
            .context("`chromedriver` cannot be started\nhint: bash .ci/install")?;
        wait_for(port).await?;
        let profile = tempfile::Builder::new()
            .prefix("ferrolab-chromium-")
            .tempdir()?;
        let mut wish = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wish.add_arg(flag)?;
        }
        wish.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wish)
            .await
            .context("Chromium cannot be started\nhint: bash .ci/install")?;
        Ok(Self {
            driver,
            profile,
            group,
        })
    }

    /// Opens an address.
    ///
    /// # Errors
    ///
    /// When the page cannot be loaded.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.driver
            .goto(url)
            .await
            .with_context(|| format!("`{url}` cannot be opened"))
    }

    /// Runs JavaScript, the body of a function, and gives what it returns.
    ///
    /// # Errors
    ///
    /// When it fails or returns something of another type.
    pub async fn ask<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let answer = self.driver.execute(script, Vec::new()).await;
        let answer = answer.with_context(|| format!("this failed in the page:\n{script}"))?;
        answer
            .convert()
            .with_context(|| format!("the answer is of another type:\n{script}"))
    }

    /// Clicks what an XPath names, as soon as it is there and can be clicked.
    ///
    /// # Errors
    ///
    /// When it does not come.
    pub async fn click(&self, xpath: &str) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let click = async { self.driver.find(By::XPath(xpath)).await?.click().await };
            match click.await {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    self.screenshot("gave-up").await?;
                    return Err(error).with_context(|| format!("`{xpath}` cannot be clicked"));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Waits until JavaScript returns true.
    ///
    /// # Errors
    ///
    /// When it does not within the limit.
    pub async fn wait(&self, what: &str, script: &str, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            // A page that is still loading may lack what the script asks for.
            if self.ask(script).await.unwrap_or(false) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        self.screenshot("gave-up").await?;
        bail!("waited {} s in vain for: {what}", limit.as_secs())
    }

    /// Stores what a person would see, under the tests' artefacts.
    ///
    /// # Errors
    ///
    /// When the picture cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let folder = places::artefacts().join("screenshots");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{name}.png"));
        self.driver
            .screenshot(&file)
            .await
            .context("no screenshot can be taken")?;
        println!("screenshot: {}", file.display());
        Ok(file)
    }

    /// Closes the browser.
    ///
    /// # Errors
    ///
    /// When it does not answer any more.
    pub async fn quit(self) -> Result<()> {
        let Self {
            driver,
            profile,
            group,
        } = self;
        let quit = driver.quit().await.context("the browser does not answer");
        drop(group);
        drop(profile);
        quit
    }
}

async fn wait_for(port: u16) -> Result<()> {
    for _ in 0..300 {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("chromedriver does not listen on port {port}")
}
