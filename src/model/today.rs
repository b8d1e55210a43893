//! The date that limits in time are compared with.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Returns the date in UTC: what expires on a day does so at the same moment for everyone who shares the file. To look
/// for the zone of the machine would also read a hundred files at each start.
pub fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}
