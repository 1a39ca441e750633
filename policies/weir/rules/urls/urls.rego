# METADATA
# title: Addresses that may be fetched
# description: Only hosts of the list in data, only by its schemes, never a private, loopback, link-local or metadata address.
package weir.rules.urls

import rego.v1

# METADATA
# title: Address refused
# description: The address is malformed, internal, or uses a scheme that is not on the list.
# custom:
#   short_name: address
#   solution: Use the public https address of the page.
deny contains {"rule": "urls.address", "reason": "The address is malformed, internal, or of a scheme that may not be fetched.", "feedback": "The address is malformed, internal, or of a scheme that may not be fetched. Only public https addresses of listed hosts can be."} if {
	input.kind == "tool-call"
	_fetches
	not _address_fits
}

# METADATA
# title: Host not listed
# description: The host is not on the list of hosts that may be fetched.
# custom:
#   short_name: host_not_listed
#   solution: Have the host added to the list, or ask the user for the content.
deny contains {"rule": "urls.host_not_listed", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	_fetches
	not _host_listed
	reason := "The host is not on the list of hosts that may be fetched."
	feedback := concat("", [reason, " Work with what is in the workspace, or ask the user for the content."])
}

_fetches if input.tool.name == "fetch-url"

# A tool of another name that carries an address fetches too.
_fetches if is_object(input.url)

_address_fits if {
	input.url.scheme in data.weir.data.urls.schemes
	input.url.address in data.weir.data.urls.addresses
}

_host_listed if input.url.host in data.weir.data.urls.hosts

_host_listed if {
	some host in data.weir.data.urls.hosts
	startswith(host, ".")
	endswith(input.url.host, host)
}
