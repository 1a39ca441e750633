# METADATA
# title: Grants
# description: What the actor's role may do with a permission in this environment, from data.
package weir.lib.grant

import rego.v1

# METADATA
# description: The word allow or queue; undefined when the role has no grant, or when role or environment are not known.
of(permission) := data.weir.data.grants[input.actor.role][input.environment][permission]
