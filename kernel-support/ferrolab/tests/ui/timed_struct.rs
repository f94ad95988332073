use ferrolab::timed;

#[timed]
struct NotAFunction;

fn main() {
    let _ = NotAFunction;
}
