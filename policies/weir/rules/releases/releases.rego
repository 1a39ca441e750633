# METADATA
# title: Releases
# description: Who may make a release and point an environment at one, in which order, after which checks, and where a second person must agree. From data.
package weir.rules.releases

import data.weir.lib.approval
import rego.v1

# METADATA
# title: Release permitted
# description: The role may do this with releases in this environment, or it may ask and a second person agreed.
# custom:
#   short_name: permitted
#   solution: Nothing to do.
permit contains {"rule": "releases.permitted", "reason": "The role may do this with this release here.", "feedback": ""} if {
	input.kind == "release"
	_may_ask
	_agreed
}

# METADATA
# title: Release needs a second person
# description: The data ask for a second person here, and nobody agreed who neither asked for the release nor made it.
# custom:
#   short_name: needs_approval
#   solution: Wait until an approver who did not make the release has agreed, then ask again.
pending contains {"rule": "releases.needs_approval", "reason": reason, "feedback": reason} if {
	input.kind == "release"
	_may_ask
	not _agreed
	reason := concat("", [_doing, " needs a second person, who did not make the release."])
}

# METADATA
# title: Not a promoter
# description: The role may not point this environment at a release.
# custom:
#   short_name: not_promoter
#   solution: Ask somebody whose role is listed as promoter to this environment.
deny contains {"rule": "releases.not_promoter", "reason": reason, "feedback": reason} if {
	input.kind == "release"
	not _about_the_release
	not _may_ask
	reason := concat("", ["The role ", input.actor.role, " may not point ", input.environment, " at a release."])
}

# METADATA
# title: Not a maker
# description: The role may neither make nor check releases of this environment.
# custom:
#   short_name: not_maker
#   solution: Ask somebody whose role is listed as maker of releases of this environment.
deny contains {"rule": "releases.not_maker", "reason": reason, "feedback": reason} if {
	input.kind == "release"
	_about_the_release
	not _may_ask
	reason := concat("", ["The role ", input.actor.role, " may not make or check releases of ", input.environment, "."])
}

# METADATA
# title: Check not passed
# description: A check that data ask for before this environment did not pass, or was not run, for exactly this release. Going back to what was there needs none.
# custom:
#   short_name: check_missing
#   solution: Have the check run on this release, or mend what it finds and make another release.
deny contains {"rule": "releases.check_missing", "reason": reason, "feedback": reason} if {
	input.kind == "release"
	not _about_the_release
	not input.release.action == "rollback"
	some name in data.weir.data.releases.checks[input.environment]
	not _passed(name)
	reason := concat("", ["The release has not passed the check ", name, ", which ", input.environment, " asks for."])
}

# METADATA
# title: Release not pinned
# description: The release is not named by a whole digest in lower-case hexadecimal, so what it holds could change after it was judged.
# custom:
#   short_name: not_pinned
#   solution: Name the release by its full commit id or SHA-256 digest.
deny contains {"rule": "releases.not_pinned", "reason": "The release is not pinned by a whole digest.", "feedback": "The release is not pinned by a whole digest. Name it by its full commit id."} if {
	input.kind == "release"
	not _pinned
}

# METADATA
# title: Environment skipped
# description: The release was never in the environment that comes before this one.
# custom:
#   short_name: out_of_order
#   solution: Promote the release to the environment before, and from there to this one.
deny contains {"rule": "releases.out_of_order", "reason": reason, "feedback": reason} if {
	input.kind == "release"
	not _about_the_release
	not input.release.action == "rollback"
	not _in_order
	reason := concat("", ["The release has not been in the environment that comes before ", input.environment, "."])
}

# METADATA
# title: Nothing to go back to
# description: A roll-back goes to a release that this environment had before; any other is a promotion.
# custom:
#   short_name: never_live
#   solution: Choose a release that the environment had, or promote this one.
deny contains {"rule": "releases.never_live", "reason": reason, "feedback": reason} if {
	input.kind == "release"
	not _about_the_release
	not input.release.action == "promote"
	not _was_live
	reason := concat("", ["The environment ", input.environment, " never had this release."])
}

_about_the_release if input.release.action in ["create", "check"]

_consent := data.weir.data.releases.makers[input.actor.role][input.environment] if _about_the_release

# No else of the one above: who is no maker would be asked about as a promoter.
_consent := data.weir.data.releases.promoters[input.actor.role][input.environment] if not _about_the_release

_doing := concat("", ["Making or checking a release of ", input.environment]) if {
	_about_the_release
} else := concat("", ["Pointing ", input.environment, " at a release"])

_may_ask if _consent in ["allow", "queue"]

_agreed if {
	_consent == "allow"
	_about_the_release
}

_agreed if {
	_consent == "allow"
	not input.environment in data.weir.data.releases.four_eyes
}

_agreed if {
	approval.given
	is_string(input.release.madeBy)
	input.approval.by != input.release.madeBy
}

# A git commit id (SHA-1 or SHA-256), or the SHA-256 of an archive.
_pinned if {
	is_string(input.release.digest)
	count(input.release.digest) in [40, 64]
	trim(input.release.digest, "0123456789abcdef") == ""
}

_in_order if data.weir.data.releases.order[0] == input.environment

_in_order if {
	some i, environment in data.weir.data.releases.order
	environment == input.environment
	data.weir.data.releases.order[i - 1] in input.release.live
}

_passed(name) if name in input.release.checks

_was_live if input.environment in input.release.live
