//! The learner's own way: `ferrolab start`, JupyterLab in a browser, the first notebook, Run All Cells.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ferrolab_tests::browser::Browser;
use ferrolab_tests::places;
use ferrolab_tests::prepared::prepare;
use ferrolab_tests::processes::expect_none;
use ferrolab_tests::server::Server;

/// For all cells of the first notebook.
const LIMIT: Duration = Duration::from_secs(300);

/// The notebook is there, and nothing spins in front of it.
const OPENED: &str = "return !!document.querySelector('.jp-Notebook .jp-CodeCell') \
    && !document.querySelector('#jupyterlab-splash, .jp-MainAreaWidget .jp-Spinner')";
/// The kernel of the notebook is ours and waits.
const IDLE: &str = "const name = document.querySelector('.jp-Toolbar-kernelName'); \
    const state = document.querySelector('.jp-NotebookPanel .jp-Notebook-ExecutionIndicator'); \
    return !!name && name.textContent.includes('Ferrolab') && !!state && state.dataset.status === 'idle'";

#[test]
fn the_first_notebook_runs_in_a_browser() {
    prepare();
    let notebook = places::root().join("notebooks/01_closures.ipynb");
    let before = std::fs::read(&notebook).expect("the first notebook is there");
    let mark = format!("ferrolab-mark-lab-{}", std::process::id());
    let server = Server::start(&mark, Duration::from_secs(180));
    println!("{}", server.said);
    assert!(
        server
            .get("/api/contents/notebooks")
            .contains("01_closures.ipynb"),
        "the notebooks are not served"
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let result = runtime.block_on(async {
        let browser = Browser::start(&mark).await?;
        let result = visit(&browser, &server.url).await;
        browser.quit().await.and(result)
    });
    server.stop();
    expect_none(&mark);
    result.unwrap_or_else(|error| panic!("{error:#}"));
    let after = std::fs::read(&notebook).expect("the first notebook is there");
    assert!(before == after, "the test changed the notebook");
}

async fn visit(browser: &Browser, url: &str) -> Result<()> {
    browser.open(url).await?;
    browser
        .wait("the notebook to open", OPENED, Duration::from_secs(120))
        .await?;
    browser
        .wait("the kernel to be ready", IDLE, Duration::from_secs(120))
        .await?;
    browser.screenshot("1-opened").await?;
    choose_from_menu(browser, "Run", "Run All Cells").await?;
    let bar = watch(browser).await?;
    browser.screenshot("3-done").await?;
    println!("the progress bar stood at {bar:.2?}");
    ensure!(bar.len() >= 2, "the bar was not seen moving: {bar:?}");
    ensure!(bar.is_sorted(), "the bar went back: {bar:?}");
    ensure!(
        bar.last().is_some_and(|value| *value >= 0.999),
        "the bar is not full at the end: {bar:?}"
    );
    look_at_outputs(browser).await
}

/// Opens a menu and chooses from it, as a person does.
async fn choose_from_menu(browser: &Browser, menu: &str, entry: &str) -> Result<()> {
    let label = |class: &str, text: &str| {
        format!("//div[contains(@class, '{class}') and normalize-space() = '{text}']")
    };
    browser.click(&label("lm-MenuBar-itemLabel", menu)).await?;
    browser.click(&label("lm-Menu-itemLabel", entry)).await
}

/// Follows the run to its end; gives the different values at which the progress bar was seen.
async fn watch(browser: &Browser) -> Result<Vec<f64>> {
    let value = "const bar = document.querySelector('.ferrolab-progress progress'); return bar ? bar.value : null";
    let all_ran = "return [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')] \
        .every(p => /\\[[0-9]+\\]/.test(p.textContent))";
    let deadline = Instant::now() + LIMIT;
    let mut seen: Vec<f64> = Vec::new();
    loop {
        if let Some(value) = browser.ask::<Option<f64>>(value).await?
            && seen.last() != Some(&value)
        {
            seen.push(value);
            if seen.len() == 2 {
                show(browser, ".ferrolab-progress").await?;
                browser.screenshot("2-running").await?;
            }
        }
        if browser.ask::<bool>(all_ran).await? && browser.ask::<bool>(IDLE).await? {
            return Ok(seen);
        }
        if Instant::now() > deadline {
            browser.screenshot("gave-up").await?;
            let prompts = "return [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')] \
                .map(p => p.textContent.trim()).join(' ')";
            anyhow::bail!(
                "the cells did not end in time: {}",
                browser.ask::<String>(prompts).await?
            );
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

async fn show(browser: &Browser, selector: &str) -> Result<()> {
    let script = format!(
        "document.querySelector('{selector}')?.scrollIntoView({{block: 'center'}}); return true"
    );
    browser.ask::<bool>(&script).await.map(|_| ())
}

async fn look_at_outputs(browser: &Browser) -> Result<()> {
    // Text, as rendered: what the closures of the first cells print.
    let text: String = browser
        .ask("return [...document.querySelectorAll('.jp-OutputArea-output')].map(o => o.textContent).join('\\n')")
        .await?;
    for part in ["[true, true, false]", "E0506", "01_closures/compose"] {
        ensure!(
            text.contains(part),
            "`{part}` is nowhere on the page:\n{text}"
        );
    }
    let pictures = "return [...document.querySelectorAll('.jp-OutputArea-output img, .jp-OutputArea-output svg')] \
        .map(p => { const b = p.getBoundingClientRect(); return [b.width, b.height, \
        p.tagName === 'IMG' ? p.naturalWidth : 1]; })";
    let sizes: Vec<[f64; 3]> = browser.ask(pictures).await?;
    println!("pictures, width and height: {sizes:.0?}");
    ensure!(!sizes.is_empty(), "no picture is shown");
    for [width, height, loaded] in &sizes {
        ensure!(
            *width > 100.0 && *height > 40.0 && *loaded > 0.0,
            "a picture is not drawn: {sizes:?}"
        );
    }
    // The one error is the cell that fails on purpose, and nothing lies across the page.
    let errors: usize = browser.ask("return document.querySelectorAll('.jp-OutputArea-output[data-mime-type=\"application/vnd.jupyter.stderr\"]').length").await?;
    ensure!(errors == 1, "{errors} cells show an error");
    let dialogs: Vec<String> = browser
        .ask("return [...document.querySelectorAll('.jp-Dialog')].map(d => d.innerText)")
        .await?;
    ensure!(dialogs.is_empty(), "a dialog is open: {dialogs:?}");
    for (name, selector) in [
        (
            "4-picture",
            ".jp-OutputArea-output img, .jp-OutputArea-output svg",
        ),
        (
            "5-error",
            ".jp-OutputArea-output[data-mime-type=\"application/vnd.jupyter.stderr\"]",
        ),
    ] {
        show(browser, selector).await?;
        browser.screenshot(name).await.context(name)?;
    }
    for at in 0..sizes.len() {
        let script = format!(
            "document.querySelectorAll('.jp-OutputArea-output img, .jp-OutputArea-output svg')[{at}]\
             .scrollIntoView({{block: 'center'}}); return true"
        );
        browser.ask::<bool>(&script).await?;
        browser.screenshot(&format!("picture-{at}")).await?;
    }
    Ok(())
}
