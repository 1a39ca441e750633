# METADATA
# title: Observers
# description: Who may read the running sessions of others, from data. The gateway asks about each session by its owner, and never about one of another app, environment or organisation.
package weir.rules.observers

import rego.v1

# METADATA
# title: Observing granted
# description: The role may read the sessions of this owner in this environment.
# custom:
#   short_name: granted
#   solution: Nothing to do.
permit contains {"rule": "observers.granted", "reason": "The role may read this session.", "feedback": ""} if {
	input.kind == "route"
	_granted
}

# METADATA
# title: Observing not granted
# description: Sessions are their owner's own, and the data let this role read none of this owner's here.
# custom:
#   short_name: not_granted
#   solution: Ask the owner, or have the role listed in the data of observers.
deny contains {"rule": "observers.not_granted", "reason": reason, "feedback": reason} if {
	input.kind == "route"
	not _granted
	reason := "Sessions of others are not open to this role here."
}

# METADATA
# title: Observers only read
# description: Whatever is granted, nobody acts in another's session.
# custom:
#   short_name: reads_only
#   solution: Ask the owner of the session to do it.
deny contains {"rule": "observers.reads_only", "reason": reason, "feedback": reason} if {
	input.kind == "route"
	not input.route.method == "GET"
	reason := "Sessions of others can be read and not acted in."
}

_granted if {
	_named
	_scope == "all"
}

_granted if {
	_named
	_scope == "groups"
	some group in input.route.owner.groups
	group in input.actor.groups
}

_named if {
	is_string(input.route.owner.id)
	input.route.owner.id != input.actor.id
}

_scope := data.weir.data.observers[input.actor.role][input.environment]
