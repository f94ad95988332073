use super::number::{group_digits, short_float};
use crate::timing::format_duration;
use std::time::Duration;

/// On which side a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// On the left, as words do.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// On the right, as numbers do.
    Right,
}

/// One cell of a [`Table`](super::Table): its text, and the side it wants to stand on.
///
/// Numbers, text, `bool`, `char`, [`Duration`] and options of them turn into cells by `into()`.
///
/// ```
/// use ferrolab::display::TableCell;
/// let cell = TableCell::from(1_234_567);
/// assert_eq!(cell.text(), "1,234,567");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableCell {
    text: String,
    align: Align,
}

impl TableCell {
    /// Text on the left.
    pub fn left(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            align: Align::Left,
        }
    }

    /// Text on the right.
    pub fn right(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            align: Align::Right,
        }
    }

    /// What stands in the cell.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The side it wants to stand on.
    pub fn align(&self) -> Align {
        self.align
    }
}

macro_rules! integers {
    ($($kind:ty)+) => {
        $(impl From<$kind> for TableCell {
            fn from(value: $kind) -> Self {
                Self::right(group_digits(&value.to_string()))
            }
        })+
    };
}

integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

impl From<f64> for TableCell {
    fn from(value: f64) -> Self {
        Self::right(short_float(value))
    }
}

impl From<f32> for TableCell {
    fn from(value: f32) -> Self {
        // By way of the decimal text, so that 0.1_f32 is 0.1 and not 0.10000000149.
        Self::right(short_float(
            value.to_string().parse().unwrap_or(f64::from(value)),
        ))
    }
}

impl From<Duration> for TableCell {
    fn from(value: Duration) -> Self {
        Self::right(format_duration(value))
    }
}

macro_rules! words {
    ($($kind:ty)+) => {
        $(impl From<$kind> for TableCell {
            fn from(value: $kind) -> Self {
                Self::left(value.to_string())
            }
        })+
    };
}

words!(&str &&str &String bool char std::borrow::Cow<'_, str>);

impl From<String> for TableCell {
    fn from(value: String) -> Self {
        Self::left(value)
    }
}

impl<T: Into<TableCell>> From<Option<T>> for TableCell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(|| Self::left("–"), Into::into)
    }
}
