//! The register, and what each check says in front of servers that look weak or strong and are not.

mod careful;
mod exposed;
mod honest;
mod innocent;
mod kit;
mod marks;
mod numbers;
mod passive;
mod registry;
mod secrets;
