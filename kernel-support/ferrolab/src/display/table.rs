use super::{Align, Bundle, Show, TableCell};

/// A table that shows itself with aligned columns, as HTML and as text.
///
/// Rows are tuples, arrays or vectors; numbers stand on the right. Missing cells stay empty,
/// surplus ones get a column without a name.
///
/// ```
/// use ferrolab::prelude::*;
/// let table = Table::new(["name", "size", "share"])
///     .row(("left", 12, 0.25))
///     .row(("right", 36, 0.75));
/// assert_eq!(table.len(), 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub(crate) title: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<TableCell>>,
    pub(crate) aligns: Vec<Option<Align>>,
    pub(crate) most_rows: usize,
}

impl Table {
    /// A table without rows, with these column names.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        Self {
            columns,
            most_rows: 60,
            ..Self::default()
        }
    }

    /// A line above the table.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Adds a row.
    pub fn row(mut self, row: impl IntoRow) -> Self {
        self.push(row);
        self
    }

    /// Adds many rows.
    ///
    /// ```
    /// use ferrolab::prelude::*;
    /// let squares = Table::new(["n", "n²"]).rows((1..=3).map(|n| (n, n * n)));
    /// assert_eq!(squares.len(), 3);
    /// ```
    pub fn rows<R: IntoRow>(mut self, rows: impl IntoIterator<Item = R>) -> Self {
        rows.into_iter().for_each(|row| self.push(row));
        self
    }

    /// Adds a row to a table that is kept in a variable.
    pub fn push(&mut self, row: impl IntoRow) {
        self.rows.push(row.into_row());
    }

    /// Puts a column, counted from 0, on one side, whatever its cells want.
    pub fn align(mut self, column: usize, align: Align) -> Self {
        if self.aligns.len() <= column {
            self.aligns.resize(column + 1, None);
        }
        self.aligns[column] = Some(align);
        self
    }

    /// Shows at most so many rows (60 unless told): the first and the last ones.
    pub fn most_rows(mut self, count: usize) -> Self {
        self.most_rows = count.max(2);
        self
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Shows it as a cell's last expression; the kernel calls this.
    pub fn evcxr_display(&self) {
        self.show();
    }
}

impl Show for Table {
    fn bundle(&self) -> Bundle {
        Bundle::text(self.to_text()).with("text/html", self.to_html())
    }
}

/// What can be a row of a [`Table`]: tuples of up to eight different types, arrays, vectors.
pub trait IntoRow {
    /// The row's cells.
    fn into_row(self) -> Vec<TableCell>;
}

impl<T: Into<TableCell>> IntoRow for Vec<T> {
    fn into_row(self) -> Vec<TableCell> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<T: Into<TableCell>, const N: usize> IntoRow for [T; N] {
    fn into_row(self) -> Vec<TableCell> {
        self.into_iter().map(Into::into).collect()
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Into<TableCell>),+> IntoRow for ($($name,)+) {
            #[expect(non_snake_case, reason = "the type's name serves as the variable's name")]
            fn into_row(self) -> Vec<TableCell> {
                let ($($name,)+) = self;
                vec![$($name.into()),+]
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
