# METADATA
# title: Routes
# description: Which classes of routes a role may use, from data. A call inside a request is decided again on its own.
package weir.rules.routes

import data.weir.lib.grant
import rego.v1

# METADATA
# title: Route allowed
# description: The role has a grant in this environment, and the class of the route is on its list.
# custom:
#   short_name: route_allowed
#   solution: Nothing to do.
permit contains {"rule": "routes.route_allowed", "reason": "The role may use routes of this class.", "feedback": ""} if {
	input.kind == "route"
	_listed_for_all
	_may_look
}

# METADATA
# title: Route allowed for own things
# description: The role may use routes of this class, and sees through them only what the actor did or asked for.
# custom:
#   short_name: route_allowed_own
#   solution: Nothing to do.
permit contains {
	"rule": "routes.route_allowed_own",
	"reason": "The role may use routes of this class for its own things.",
	"feedback": "",
	"obligations": {"own_only": true},
} if {
	input.kind == "route"
	not _listed_for_all
	_listed_for_own
	_may_look
}

# METADATA
# title: Route not allowed
# description: The class of the route is not on the list of the role.
# custom:
#   short_name: route_not_allowed
#   solution: Do it through the agent's tools, or ask someone whose role has the class.
deny contains {"rule": "routes.route_not_allowed", "reason": reason, "feedback": reason} if {
	input.kind == "route"
	not _listed
	reason := concat("", ["The role ", input.actor.role, " may not use routes of class ", input.route.class, "."])
}

# METADATA
# title: Nothing granted
# description: The role has no grant at all in this environment, which every route but those of the directory needs.
# custom:
#   short_name: nothing_granted
#   solution: Ask for a role with a grant in this environment.
deny contains {"rule": "routes.nothing_granted", "reason": reason, "feedback": reason} if {
	input.kind == "route"
	not _may_look
	reason := concat("", ["The role ", input.actor.role, " has no grant in ", input.environment, "."])
}

_listed if _listed_for_all

_listed if _listed_for_own

_listed_for_all if input.route.class in data.weir.data.routes[input.actor.role].all

_listed_for_own if input.route.class in data.weir.data.routes[input.actor.role].own

_may_look if grant.of("review") == "allow"

_may_look if grant.of("chat") == "allow"

# Who keeps the directory needs nothing of any project.
_may_look if input.route.class == "weir-provision"
