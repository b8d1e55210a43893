//! What the model is told: within the cap whatever the report, and saying what was left out.
