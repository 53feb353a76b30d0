//! What holds of the API over HTTP.
