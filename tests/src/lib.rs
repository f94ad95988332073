//! What the end-to-end tests of Ferrolab share: where things lie, programs with a time limit, the
//! set-up that all of them need, copies of the course to spoil, a browser.

pub mod browser;
pub mod course;
pub mod executed;
pub mod expected;
pub mod metadata;
pub mod places;
pub mod prepared;
pub mod processes;
pub mod program;
pub mod python;
pub mod server;
