//! What must not compile, with the message the learner sees.

#[test]
fn messages_point_at_the_right_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
