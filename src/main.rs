//! The `routewarden` program.

fn main() {}
