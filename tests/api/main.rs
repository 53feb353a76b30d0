//! What holds of the API over HTTP, through the real routers, the real SDK and a real engine.

mod create_user;
mod delete_user;
mod erase_users_by_phone_number;
mod find_or_create_user;
mod get_latest_user;
mod get_user;
