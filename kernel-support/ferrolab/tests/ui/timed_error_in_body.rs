use ferrolab::timed;

#[timed]
fn length(text: &str) -> usize {
    let short: u8 = text;
    text.len()
}

fn main() {
    length("abc");
}
