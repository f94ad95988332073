//! Rich output: tables, HTML, Markdown, SVG, values that change in place, and progress bars.
//!
//! A value of these types shows itself when it is a cell's last expression, and anywhere else by
//! [`Show::show`]. [`live`] shows it so that it can be replaced later.
//!
//! ```
//! use ferrolab::prelude::*;
//! html("<b>bold</b>").show();
//! let table = Table::new(["city", "people"]).row(("Łódź", 655_279));
//! table.show();
//! ```

mod bundle;
mod front;
mod live;
mod mime;
mod number;
mod progress;
mod progress_view;
mod table;
mod table_cell;
mod table_view;

pub use bundle::{Bundle, Show, escape};
pub use live::{Live, clear, live};
pub use mime::{Rich, html, markdown, svg, text};
pub use number::{Number, group_digits};
pub use progress::{Progress, progress};
pub use table::{IntoRow, Table};
pub use table_cell::{Align, TableCell};
