use ferrolab::timed;

trait Shape {
    #[timed]
    fn area(&self) -> f64;
}

fn main() {}
