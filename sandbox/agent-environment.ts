import { CONVERSATIONS_DATABASE } from './conversations.ts'
import { INSIDE } from './sandbox.ts'

/**
 * The whole environment of the agent's process; nothing is inherited. Each switch was checked against OpenCode 1.18.33.
 *
 * @param password the server's random password of this run
 * @param keepsConversations whether it has a folder for them
 */
export function agentEnvironment (password: string, keepsConversations: boolean = false): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/home/agent',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    SHELL: '/weir/bin/bash', // terminals take the shell from here, whatever the configuration says
    XDG_CONFIG_HOME: '/home/agent/.config',
    OPENCODE_SERVER_PASSWORD: password,
    OPENCODE_PERMISSION: '{"*":"ask"}', // the last layer: no other configuration comes after it
    OPENCODE_DISABLE_PROJECT_CONFIG: '1', // a repository's tools would run as the agent; its plugins would in spite of this, see project-config.ts
    OPENCODE_MODELS_PATH: '/weir/models.json', // empty: halves the memory, and nothing is fetched
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_SHARE: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_DISABLE_EXTERNAL_SKILLS: '1',
    OPENCODE_DISABLE_CLAUDE_CODE: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    ...(keepsConversations ? { OPENCODE_DB: `${INSIDE.conversations}/${CONVERSATIONS_DATABASE}` } : {}),
  }
}

/** How OpenCode is started as a server on the sandbox's loopback. */
export function serveArguments (port: number): string[] {
  return ['serve', '--hostname', '127.0.0.1', '--port', String(port)]
}
