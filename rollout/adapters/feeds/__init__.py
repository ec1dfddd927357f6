"""Asks other people's servers for their calendars: iCalendar files by GET, CalDAV collections by REPORT. Judges nothing, keeps nothing."""
