//! Pictures: bars, lines, histograms and timelines, as SVG that reads well on light and on dark.
//!
//! Each function makes a builder that shows itself as a cell's last expression, or by
//! [`Show::show`](crate::display::Show::show), and gives its source by `to_svg()`. Nothing here
//! fails: what cannot be drawn (`NaN`, an empty list) is left out, and the picture says so.
//!
//! ```
//! use ferrolab::prelude::*;
//! let svg = plot::bars([("push", 3.2), ("collect", 1.1)])
//!     .title("Building a vector")
//!     .axis("time", "ms")
//!     .to_svg();
//! assert!(svg.starts_with("<svg"));
//! ```

mod axes;
mod bars;
mod bars_view;
mod canvas;
mod font;
mod frame;
mod histogram;
mod lines;
mod lines_view;
mod palette;
mod picture;
mod scale;
mod series;
mod timeline;
mod timeline_view;

pub use bars::{Bar, Bars, bars};
pub use histogram::{Histogram, histogram};
pub use lines::{Lines, lines};
pub use series::Series;
pub use timeline::{Span, Timeline, timeline};
