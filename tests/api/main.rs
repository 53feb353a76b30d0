//! What holds of the API over HTTP, through the real routers, the real SDK and a real engine.

mod access_matrix;
mod bad_input;
mod check_health;
mod counts;
mod create_user;
mod delete_user;
mod erase_users_by_phone_number;
mod erasure_resumed;
mod find_or_create_user;
mod get_config;
mod get_latest_user;
mod get_metrics;
mod get_user;
mod interleaved;
mod metrics_add_up;
mod metrics_folded;
mod metrics_kept;
mod openid;
mod ping;
mod published_keys;
mod races;
mod redaction;
mod store_faults;
mod stored;
