//! House rules: who may depend on whom, names, sizes, licences, features. They need no set-up.

mod features;
mod files;
mod layering;
mod licences;
mod names;
