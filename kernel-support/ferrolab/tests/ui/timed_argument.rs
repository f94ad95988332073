use ferrolab::timed;

#[timed(3 times)]
fn work() {}

fn main() {
    work();
}
