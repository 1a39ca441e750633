# METADATA
# title: Sessions
# description: Who may start an agent on an app in an environment, and how many members of an organisation may in a month, from data. The gateway counts them.
package weir.rules.sessions

import data.weir.lib.grant
import rego.v1

# METADATA
# title: Session granted
# description: The role may review or chat in this environment.
# custom:
#   short_name: granted
#   solution: Nothing to do.
permit contains {"rule": "sessions.granted", "reason": "The role may work in this environment.", "feedback": ""} if {
	input.kind == "session"
	_may_start
}

# METADATA
# title: Session not granted
# description: The role has neither review nor chat in this environment.
# custom:
#   short_name: not_granted
#   solution: Ask for a role with a grant in this environment.
deny contains {"rule": "sessions.not_granted", "reason": reason, "feedback": reason} if {
	input.kind == "session"
	not _may_start
	reason := concat("", ["The role ", input.actor.role, " may not start an agent in ", input.environment, "."])
}

# METADATA
# title: Seats taken
# description: As many members of the organisation as it has seats for started a session in this UTC month, this one is none of them, and none of theirs is released for want of sessions. Members go on.
# custom:
#   short_name: seats_taken
#   solution: Wait for the next month (UTC) or for a seat to be released, or have the limit raised in the data.
deny contains {"rule": "sessions.seats_taken", "reason": reason, "feedback": reason} if {
	input.kind == "session"
	is_number(input.seats.limit)
	is_number(input.seats.used)
	not input.seats.member == true
	input.seats.used >= input.seats.limit
	not _seat_released
	reason := concat("", ["All seats of ", input.actor.org, " are taken this month. They are free again with the next month (UTC)."])
}

# METADATA
# title: Seats not known
# description: Data limit seats, and the gateway could not say how many of the organisation are taken. What is not known is not given away.
# custom:
#   short_name: seats_unknown
#   solution: Ask again in a moment. When it stays, report it, this is a fault of the gateway.
deny contains {"rule": "sessions.seats_unknown", "reason": reason, "feedback": reason} if {
	input.kind == "session"
	count(data.weir.data.seats) > 0
	not _seats_known
	reason := "Seats are limited here, but how many are taken is not known."
}

# A bare number has no days: it releases nothing.
_seat_released if {
	seats := data.weir.data.seats
	days := object.get(seats, input.actor.org, object.get(seats, "*", null)).release_after_days
	is_number(days)
	is_number(input.seats.idle_days)
	input.seats.idle_days >= days
}

_seats_known if is_null(input.seats.limit)

_seats_known if input.seats.member == true

_seats_known if {
	is_number(input.seats.limit)
	is_number(input.seats.used)
}

_may_start if grant.of("review") == "allow"

_may_start if grant.of("chat") == "allow"
