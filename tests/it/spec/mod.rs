//! Documents to [`routewarden::model::Api`].

mod effect;
mod loading;
