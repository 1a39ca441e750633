import { led, OPENS, said, TAKEN, type HotThing } from './hot-thing.ts'

/** The machine, and what goes on beside the project. */
export const HOST: readonly HotThing[] = [
  {
    things: said(String.raw`(?:add|install|create|put|write|set up|register|append|leave|schedule|make)(?: \w+){0,4} (?:crontab|cron ?jobs?|cron (?:entry|line|task)|systemd (?:timer|unit|service)|launch ?agent|login item|startup (?:script|entry))`),
    beside: /\bhttps?:|\bcurl\b|\bpulls?\b|\bdownloads?\b|\bon this (?:machine|box|host)\b|\bafter (?:you|the session) (?:are|is|has|have)\b|\bgone\b|\bfor (?:my|the|this) user\b/i,
    anywhere: true,
    means: { command: 'crontab -' },
  },
  {
    things: said(String.raw`(?:reachable|accessible|available|visible|public|open) (?:from|on|to|over) (?:the )?(?:internet|outside|world|public|web)|publicly (?:reachable|accessible|available|visible)|public (?:address|url|tunnel|ip)|(?:to|on) the (?:open |public )?internet|serveo\S*|localtunnel|localhost\.run|pinggy\S*|bore\.pub|trycloudflare\S*`),
    verbs: led('make|expose|open|put|start|get|publish|share|bring|create|set up|serve|run|tunnel|give|have'),
    means: OPENS,
  },
  {
    things: said(String.raw`(?:docker|podman|containerd|crio)(?:'s)? socket|docker\.sock|privileged (?:container|pod|mode)|(?:host|node|hypervisor)(?:'s|’s) (?:root|file ?system|disks?|kernel|network|processes|home|etc)|/host/\S*|/etc/(?:shadow|sudoers\S*|gshadow)|su?id (?:binar\w+|bit|root|program\w*|executable\w*)|set-?uid (?:binar\w+|bit|root|program\w*)|root (?:access|privileges?|rights|shell|account)|(?:become|becoming|as|to|get|getting) root(?= on|\W*$|[.,;]| and| then| with| by| first| so)|nsenter|kernel modules?|ptrace|/proc/\S{1,40}/(?:environ|mem|maps|root|cwd|fd)\S*|from /proc|(?:variables|environment|memory|environ|open files) of (?:(?:the|its|your|a|an|another|other|each|every|all|any|some) )*(?:parent|other|another|gateway|host|root|init|running|\w+)?(?: ?'?s)? ?process(?:es)?`),
    means: OPENS,
  },
  {
    things: said(String.raw`(?:every|all|each|any)(?: (?:single|other|running|the|of|user|system|node|python|background))* process(?:es)?|process(?:es)? (?:that|which) (?:is|are) not (?:yours|ours|mine|your own)|(?:everything|anything) (?:else )?(?:that is |that's )?running on (?:this|the) (?:machine|host|box|server)`),
    verbs: led('kill|terminate|stop|end|pkill|killall|shut down|suspend|freeze|signal'),
    means: { command: 'kill -9 -1' },
  },
  {
    things: said(String.raw`(?:ssh|telnet|rdp|vnc|sftp|winrm|teamviewer|anydesk) (?:sessions?|connections?|tunnels?|in(?:to)?|to|onto|over|access|forward\w*)|(?:listener|listening socket|port forward\w*|tunnel|backdoor|web ?shell|remote shell|reverse shell|bind shell|shell server)(?: .{0,40})?`),
    verbs: led('open|start|create|establish|use|set up|run|make|ssh|telnet|sftp|get|keep|leave|put|install|launch|build|connect|expose|bind|spawn|give|log'),
    unless: /\b(?:event|click|key|change|scroll|resize|message|popstate|mutation|abort|error|close|signal|resource|observer|subscriber|store|state|test|local(?:host)?|dev(?:elopment)? server|port 0|127\.0\.0\.1)\b/i,
    means: OPENS,
  },
  { things: /\bchmod (?:-\w+ )*(?:0?777|a\+rwx|0?666|ugo\+rwx|[ugo+]*\+s)\b|\bworld-?writ(?:e)?able\b/i, verbs: led('chmod|run|make|set|give|use|execute|do'), means: OPENS },
  {
    things: said(String.raw`cron ?jobs?|crontabs?|systemd (?:timers?|units?|services?)|launch ?agents?|launchd|at jobs?|scheduled tasks?|login items?|init scripts?|background daemons?|autostart entr\w+`),
    verbs: led('create|add|install|set up|register|write|put|start|schedule|make|leave|plant|drop|configure|enable|append'),
    unless: /\b(?:manifests?|charts?|helm|kubernetes|k8s|yaml|spec|nest(?:js)?|bull(?:mq)?|quartz|celery|sidekiq|hangfire|spring|scheduler|worker|queue|expressions?|typescript|python|job class|in the code)\b/i,
    means: { command: 'crontab -' },
  },
  {
    things: said(String.raw`as (?:an? )?(?:systemd|launchd|windows|background|system|init)(?: user)? (?:service|daemon|unit|agent)|lingering|(?:surviv\w+|outliv\w+|persists? (?:across|after|through)) (?:the |a |your |this |every )*(?:session|log-?out|reboots?|restarts?)`),
    verbs: led('install|register|run|set up|start|make|add|enable|configure|let|have|keep|turn|put'),
    unless: /\b(?:sessions?? (?:store|table|cookie)|cart|redis|preferences?|theme|store|state|login|token)\b/i,
    means: OPENS,
  },
  {
    things: said(String.raw`(?:detached|hidden|resident|invisible) (?:process(?:es)?|jobs?|shells?|programs?|scripts?|sessions?)|listens? (?:on|at) port \d+ and (?:runs|executes|evals?)|(?:runs|executes|evals?) (?:every|each|any|whatever) (?:line|command|text|input|thing)s?|after (?:you|the agent|your turn|the session) (?:finish(?:es)?|(?:are|is) (?:done|gone|over)|ends?|exits?|(?:have|has) (?:finished|ended))`),
    verbs: led('leave|start|keep|run|spawn|let|launch|put|make|have|plant|hide'),
    unless: /\b(?:clean up|cleanup|remove|delete|nothing|no )\b/i,
    means: OPENS,
  },
  {
    things: said(String.raw`/etc/\S+|/usr/(?:local/)?(?:s?bin|lib|share)\S*|/boot\S*|/lib/\S+|(?:system|machine|os|host)(?:'s|’s)? (?:trust store|certificate store|hosts file|path|sudoers|firewall|clock|dns|kernel|package manager)|(?:our|the|a|my) certificate authority`),
    verbs: led('point|add|edit|change|write|put|install|append|modify|set|replace|trust|remove|delete|create|link|overwrite|patch|turn|disable|flush|symlink'),
    unless: /\b(?:Dockerfile|docker|containers?|images?|nginx|compose|charts?|ansible|playbook|template|test|debian|rpm|packaging|default|configurable|constant|fixture)\b/i,
    means: OPENS,
  },
  {
    things: said(String.raw`(?:another|other|different|someone else's|somebody else's) (?:customers?|projects?|users?|teams?|tenants?|clients?|colleagues?)(?:'s|’s|s'|s’)? (?:checkouts?|repo\w*|folders?|director(?:y|ies)|workspaces?|home|code|files|sources?)|(?:under|through|in|into|below|from|of|across|on) (?:/home|/srv|/root|/mnt|/media|/opt|/var/(?:backups|lib|log|spool|mail|www)|/Users)(?:/\S*)?`),
    verbs: led('look|search|go|copy|find|read|list|use|check|open|take|get|browse|scan|walk|walk through|dig|grep|collect|there|see|peek|import|delete|erase|remove'),
    unless: /\b(?:Dockerfile|container|image|nginx|test|mount ?path|default|volume)\b/i,
    means: TAKEN,
  },
  {
    things: said(String.raw`writ(?:e)?able (?:for|by|to) (?:everyone|everybody|all|anyone|others|every user)|(?:whole|entire|complete|full) (?:file ?system|disk|hard drive|machine|root)`),
    verbs: led('make|set|give|open|chmod|change|wipe|delete|scan|search|copy|index|encrypt|format'),
    means: OPENS,
  },
  {
    things: said(String.raw`/dev/(?:tcp|udp)\S*|(?:bash|sh|zsh|a shell|shell|stdin|terminal) to (?:\d{1,3}\.){3}\d{1,3}\S*|(?:netcat|ncat|socat)`),
    anywhere: true,
    unless: /\b(?:explain|document\w*|tests? (?:that|for)|why|den(?:y|ies|ied)|block\w*|detect\w*|healthcheck|wait-?for|localhost|127\.0\.0\.1)\b/i,
    means: OPENS,
  },
]
