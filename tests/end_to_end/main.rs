//! End-to-end tests: they drive the built programs as a person, Jupyter or a browser would.
//!
//! One program, so that cargo's test threads spread the long tests over the machine's cores.

mod bad_input;
mod compatibility;
mod endurance;
mod failing_cells;
mod faults;
mod jupyterlab;
mod kernel;
mod lessons;
mod notebooks;
mod sessions;
