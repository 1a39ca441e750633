/** Folders whose files steer programs, people's tools and what checks them. */
export const GUARDED = /^(?:\.\/|\/workspace\/)?(?:[\w-]+\/)*\.(?:git|husky|githooks|github|gitlab|circleci|vscode|idea|devcontainer|opencode)(?:\/|$)/
