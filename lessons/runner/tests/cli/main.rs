//! Drives the built `ferrolab` on a small course of its own. Nothing here needs the network, JupyterLab
//! or the real kernel: the end-to-end tests with those are in the package `ferrolab-tests`.

mod authors;
mod bench;
mod check;
mod course;
mod learner;
mod machine;
mod run;
