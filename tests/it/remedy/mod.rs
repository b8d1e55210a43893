//! Remedies: every one is complete, its code is code, and projects are told by their manifests.

mod library;
mod recognise;
mod snippets;
