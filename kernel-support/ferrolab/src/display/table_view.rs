//! A table's two forms.

use super::{Align, Table, TableCell, escape};

/// HTML styles, which take their colours from the page and its theme.
const LINE: &str =
    "border-bottom:1px solid color-mix(in srgb, currentColor 22%, transparent);background:none";
const TABLE: &str =
    "border-collapse:collapse;margin:6px 0;border:0;font-variant-numeric:tabular-nums";
const CAPTION: &str = "text-align:left;font-weight:600;padding:4px 0;color:inherit";
const GAP: &str = "text-align:center;opacity:.65";

impl Table {
    /// The table as text with aligned columns.
    ///
    /// ```
    /// use ferrolab::prelude::*;
    /// let text = Table::new(["name", "n"]).row(("a", 5)).row(("bcd", 12)).to_text();
    /// assert_eq!(text, "name   n\n----  --\na      5\nbcd   12");
    /// ```
    pub fn to_text(&self) -> String {
        let headers: Vec<TableCell> = (0..self.width()).map(|at| self.header(at)).collect();
        let widths: Vec<usize> = (0..headers.len())
            .map(|at| self.text_width(&headers, at))
            .collect();
        let line = |row: &[TableCell]| self.text_line(row, &widths);
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let (first, hidden, last) = self.visible();
        let mut lines = Vec::new();
        lines.extend((!self.title.is_empty()).then(|| self.title.clone()));
        lines.extend([line(&headers), rule.join("  ")]);
        lines.extend(first.iter().map(|row| line(row)));
        lines.extend((hidden > 0).then(|| format!("… {hidden} more rows …")));
        lines.extend(last.iter().map(|row| line(row)));
        lines.join("\n")
    }

    /// The width of a column's widest text.
    fn text_width(&self, headers: &[TableCell], column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let widths = cells
            .chain([&headers[column]])
            .map(|cell| columns_of(&one_line(cell)));
        widths.max().unwrap_or(0)
    }

    /// The table as HTML that takes its colours from the theme.
    pub fn to_html(&self) -> String {
        let columns = self.width();
        let head = |at: usize| self.html_cell("th scope=\"col\"", &self.header(at), at);
        let headers: String = (0..columns).map(head).collect();
        let body = |rows: &[Vec<TableCell>]| -> String {
            rows.iter().map(|row| self.html_row(row, columns)).collect()
        };
        let (first, hidden, last) = self.visible();
        let mut caption = String::new();
        if !self.title.is_empty() {
            caption = format!(
                "<caption style=\"{CAPTION}\">{}</caption>",
                escape(&self.title)
            );
        }
        let mut gap = String::new();
        if hidden > 0 {
            gap = format!(
                "<tr><td colspan=\"{columns}\" style=\"{GAP}\">… {hidden} more rows …</td></tr>"
            );
        }
        let rows = [body(first), gap, body(last)].concat();
        format!(
            "<table style=\"{TABLE}\">{caption}<thead><tr style=\"{LINE}\">{headers}</tr></thead><tbody>{rows}</tbody></table>"
        )
    }

    fn html_row(&self, row: &[TableCell], columns: usize) -> String {
        let empty = TableCell::default();
        let cells: String = (0..columns)
            .map(|at| self.html_cell("td", row.get(at).unwrap_or(&empty), at))
            .collect();
        format!("<tr>{cells}</tr>")
    }

    fn html_cell(&self, tag: &str, cell: &TableCell, column: usize) -> String {
        let side = match self.side(cell, column) {
            Align::Left => "left",
            Align::Center => "center",
            Align::Right => "right",
        };
        let name = tag.split(' ').next().unwrap_or(tag);
        let text = escape(cell.text()).replace('\n', "<br>");
        format!(
            "<{tag} style=\"text-align:{side};padding:4px 12px;border-left:0;border-right:0\">{text}</{name}>"
        )
    }

    fn text_line(&self, row: &[TableCell], widths: &[usize]) -> String {
        let empty = TableCell::default();
        let padded = widths.iter().enumerate().map(|(at, width)| {
            let cell = row.get(at).unwrap_or(&empty);
            pad(&one_line(cell), *width, self.side(cell, at))
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }

    /// The number of columns: named ones, or more if a row is longer.
    fn width(&self) -> usize {
        self.rows
            .iter()
            .map(Vec::len)
            .chain([self.columns.len()])
            .max()
            .unwrap_or(0)
    }

    /// A column's name, on the side on which most of its cells stand.
    fn header(&self, column: usize) -> TableCell {
        let name = self.columns.get(column).cloned().unwrap_or_default();
        let cells = || self.rows.iter().filter_map(|row| row.get(column));
        let right = cells().filter(|cell| cell.align() == Align::Right).count();
        if 2 * right > cells().count() {
            TableCell::right(name)
        } else {
            TableCell::left(name)
        }
    }

    /// The side on which a cell stands.
    fn side(&self, cell: &TableCell, column: usize) -> Align {
        self.aligns
            .get(column)
            .copied()
            .flatten()
            .unwrap_or(cell.align())
    }

    /// The rows at the beginning, the number of hidden ones, and the rows at the end.
    fn visible(&self) -> (&[Vec<TableCell>], usize, &[Vec<TableCell>]) {
        if self.rows.len() <= self.most_rows {
            return (&self.rows, 0, &[]);
        }
        let tail = self.most_rows / 2;
        let head = self.most_rows - tail;
        let hidden = self.rows.len() - self.most_rows;
        (&self.rows[..head], hidden, &self.rows[head + hidden..])
    }
}

/// A cell's text without line breaks.
fn one_line(cell: &TableCell) -> String {
    cell.text().replace(['\n', '\r', '\t'], " ")
}

/// Fills a text up with spaces.
fn pad(text: &str, width: usize, align: Align) -> String {
    let room = width.saturating_sub(columns_of(text));
    let before = match align {
        Align::Left => 0,
        Align::Center => room / 2,
        Align::Right => room,
    };
    format!("{}{text}{}", " ".repeat(before), " ".repeat(room - before))
}

/// How many columns of a terminal a text takes: two for East Asian wide characters and emoji,
/// none for combining marks. The ranges are the large ones of Unicode's Annex 11.
fn columns_of(text: &str) -> usize {
    text.chars()
        .map(|c| match c as u32 {
            0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
            0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF => 2,
            0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD => 2,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_all_kinds_is_escaped() {
        let html = Table::new(["<b>"])
            .title("a & b")
            .row(["<script>alert(1)</script>"])
            .to_html();
        assert!(!html.contains("<script>") && !html.contains("<b>"));
        assert!(html.contains("a &amp; b") && html.contains("&lt;script&gt;"));
    }

    #[test]
    fn ragged_rows_are_completed() {
        let table = Table::new(["a"]).row((1, 2, 3)).row([4]);
        assert_eq!(table.to_html().matches("<td").count(), 6);
        assert_eq!(table.to_text().lines().count(), 4);
    }

    #[test]
    fn wide_characters_keep_columns_aligned() {
        let text = Table::new(["x", "y"])
            .row(("日本", 1))
            .row(("abcd", 2))
            .to_text();
        assert_eq!(text.lines().nth(2), Some("日本  1"));
        assert_eq!(text.lines().nth(3), Some("abcd  2"));
    }

    #[test]
    fn long_tables_show_both_ends() {
        let table = Table::new(["n"])
            .rows((0..1_000).map(|n| (n,)))
            .most_rows(4);
        let text = table.to_text();
        assert_eq!(
            text.lines().collect::<Vec<_>>()[2..],
            ["  0", "  1", "… 996 more rows …", "998", "999"]
        );
    }

    #[test]
    fn an_empty_table_has_its_head() {
        assert_eq!(Table::new(["a", "b"]).to_text(), "a  b\n-  -");
        assert_eq!(Table::new(Vec::<String>::new()).to_text(), "\n");
    }

    #[test]
    fn alignment_can_be_told() {
        let text = Table::new(["name"])
            .row(["ab"])
            .align(0, Align::Right)
            .to_text();
        assert_eq!(text.lines().last(), Some("  ab"));
    }
}
