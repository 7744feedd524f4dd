/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of commands and the list of options: what stationctl can do, in the words that help,
 * completion and the tests show. The order is that of the help.
 */
#include "ctl/command.h"

#define SESSIONS    "org.stationmaster.Sessions."
#define STATIONS    "org.stationmaster.Stations."
#define BLOCKS      "org.stationmaster.Blocks."
#define LIMITS      "org.stationmaster.Limits."
#define PROJECTIONS "org.stationmaster.Projections."
#define VIEWS       "org.stationmaster.Views."
#define JOBS        "org.stationmaster.Jobs."
#define EVENTS      "org.stationmaster.Events."
#define SYSTEM      "org.stationmaster.System."
#define PROGRAMS    "org.stationmaster.Programs."
#define CHAT        "org.stationmaster.Chat."
#define LESSONS     "org.stationmaster.Lessons."
#define AUDIT       "org.stationmaster.Audit."
#define RIGHTS      "org.stationmaster.Rights."
#define TOKENS      "org.stationmaster.Tokens."

#define VIEWER_TEXT \
	"A VNC viewer shows the session: xtigervncviewer, vncviewer or gvncviewer, whichever is\n" \
	"installed. The station shows a sign meanwhile. Closing the viewer ends it.\n"

const struct option_info options_all[] = {
	{ OPT_ALL, "all", NULL, "all that you may act on, but no session of your own" },
	{ OPT_STATION, "station", "STATION",
			"a station as well, whoever sits there; may be given several times" },
	{ OPT_UNTIL, "until", "TIME",
			"when it ends by itself: 10:45, +30m, or 2026-11-22T10:45:00+01:00" },
	{ OPT_FROM, "from", "SESSION|USER", "whose desktop is shown (default: your own session)" },
	{ OPT_WINDOW, "window", NULL, "people keep working and see it in a window" },
	{ OPT_EXCLUSIVE, "exclusive", NULL,
			"keys and pointer of the station reach nothing meanwhile" },
	{ OPT_VIEWER, "viewer", "COMMAND",
			"viewer to start; gets the path of a Unix socket as last argument" },
	{ OPT_PRINT_SOCKET, "print-socket", NULL,
			"start no viewer, print the path of the socket for one" },
	{ OPT_BY, "by", "DURATION", "how much more time: 90s, 5m, 1h (default 5m)" },
	{ OPT_GRACE, "grace", "SECONDS", "give notice so long before anything happens (0..3600)" },
	{ OPT_MESSAGE, "message", "TEXT",
			"what people read at their stations (at most 500 characters)" },
	{ OPT_WAIT, "wait", NULL, "wait for the end and report each session as it comes" },
	{ OPT_FORCE_AFTER, "force-after", "SECONDS",
			"how long before it is killed (0..600, 2m; programs also: never)" },
	{ OPT_NOW, "now", NULL, "kill at once, without asking" },
	{ OPT_PROGRAM, "program", "PROGRAM", "id, as \"stationctl app installed\" lists them" },
	{ OPT_OPEN, "open", "TEXT", "address or document to open, or a command line" },
	{ OPT_BLOCK, "block", NULL, "people of the lesson see a message and nothing else" },
	{ OPT_NO_BLOCK, "no-block", NULL, "they can work again" },
	{ OPT_FREE_WEB, "free-web", NULL, "the lesson limits the web no longer" },
	{ OPT_LANGUAGE, "language", "LANGUAGE", "language of the names, such as de" },
	{ OPT_LIMIT, "limit", "NUMBER", "how many entries at most (default 100)" },
	{ OPT_SEARCH, "search", "TEXT", "only entries in which this occurs" },
	{ OPT_FOLLOW, "follow", NULL, "go on with what is new, until interrupted" },
	{ OPT_SINCE, "since", "TIME",
			"from this time on: 7d (ago), 10:45, 2026-11-01, or with time and zone" },
	{ OPT_BEFORE, "before", "TIME", "only what was before this time, likewise" },
	{ OPT_CSV, "csv", NULL, "a table for spreadsheets (default)" },
	{ OPT_HEAD, "head", "HASH", "a hash noted before, at least its first 16 digits" },
	{ OPT_LONG, "long", NULL, "with hands, windows, processor and memory" },
	{ OPT_NAME, "name", "NAME", "name (at most 60 characters; empty: none)" },
	{ OPT_ORIENTATION, "orientation", "ORIENTATION",
			"landscape, portrait, landscape_flipped or portrait_flipped" },
	{ OPT_TOP_BOTTOM, "top-bottom", NULL, "one half above the other (default: side by side)" },
	{ OPT_ONLY, "only", "SITE,...", "only these sites are open; may be given several times" },
	{ OPT_EXCEPT, "except", "SITE,...", "these sites are closed; may be given several times" },
	{ OPT_ROOM, "room", "ROOM", "sessions of this room; may be given several times" },
	{ OPT_ACTS, "acts", "ACT,...", "acts, as \"may\" of a session names them; empty: none" },
	{ OPT_ROLE, "role", "ROLE", "operator or administrator (default: yours)" },
	{ OPT_EXPIRES, "expires", "DURATION", "how long it is good: 12h, 90d, at most 366d" },
	{ OPT_DESKTOP, "desktop", "NAME",
			"desktop to start, as \"stationctl system status\" lists them" },
	{ OPT_USER, "user", "USER", "account that is logged on by itself" },
	{ OPT_OFF, "off", NULL, "take it back: auto log-on, or the names that are shown" },
	{ OPT_SWITCH, "switch", NULL,
			"suspend who is logged on there, and move sessions shown elsewhere" },
	{ OPT_PRIVILEGED, "privileged", NULL, "accounts of operators and administrators too" },
	{ OPT_FILE, "file", "FILE", "table of station, user and password; - for standard input" },
	{ OPT_NO_PASSWORD, "no-password", NULL, "without the password, as an administrator" },
	{ OPT_HOST, "host", "NAME", "name or address by which clients reach this computer" },
	{ OPT_SIZE, "size", "WIDTHxHEIGHT", "size of the screen in pixels, 640x480 to 7680x4320" },
	{ OPT_MORE, "more", NULL, "ask for a stream of replies and print each as it comes" },
	{ OPT_YES, "yes", NULL, "ask nothing" },
	{ OPT_ADMIN, "admin", "USER", "account that becomes an administrator" },
	{ OPT_CERTIFICATE, "certificate", "FILE", "certificate of your own, PEM with its chain" },
	{ OPT_KEY, "key", "FILE", "the key of the certificate" },
	{ OPT_TEST, "test", "USER", "start a session of this account and log it off" },
	{ OPT_JSON, "json", NULL, "print JSON" },
	{ OPT_TIMEOUT, "timeout", "SECONDS", "give up waiting after this time" },
	{ OPT_SOCKET, "socket", "PATH", "socket of stationd (default " CTL_SOCKET ")" },
	{ OPT_HELP, "help", NULL, "explain the command" },
	{ OPT_VERSION, "version", NULL, "print the version of stationctl" },
};
const size_t n_options = ELEMENTSOF(options_all);

#define LESSON_OPTIONS \
	(OPT_ALL | OPT_ROOM | OPT_UNTIL | OPT_NAME | OPT_BLOCK | OPT_ONLY | OPT_EXCEPT | \
			OPT_MESSAGE | OPT_PROGRAM | OPT_OPEN)

const struct command commands[] = {
	{ "session list", "", "Sessions that you may see",
			"With --long it looks for a moment what is used; operators and administrators only\n"
			"get to know that.\n",
			OPT_LONG, ARGS_NONE, 0, 0, SESSIONS "List " EVENTS "Watch",
			session_list_run },
	{ "session show", "SESSION|USER", "One session in detail", NULL, 0, ARGS_TARGETS, 1, 1,
			SESSIONS "Get " SESSIONS "List", session_show_run },
	{ "session view", "SESSION|USER", "See a desktop at full size", VIEWER_TEXT,
			OPT_VIEWER | OPT_PRINT_SOCKET, ARGS_TARGETS, 1, 1,
			VIEWS "Open " SESSIONS "List", session_view_run },
	{ "session control", "SESSION|USER", "See a desktop and use its keyboard and pointer",
			VIEWER_TEXT
			"Your keys and pointer act beside those of the station. Several people may control a\n"
			"session; with --exclusive only you, and not even the station.\n",
			OPT_EXCLUSIVE | OPT_VIEWER | OPT_PRINT_SOCKET, ARGS_TARGETS, 1, 1,
			VIEWS "Open " SESSIONS "List", session_control_run },
	{ "session block", "SESSION|USER...", "Show people a message and nothing else",
			"The session runs on below. A block holds until its time is over or it is taken back,\n"
			"also after a new log-in, at another station, and after a restart. Blocking a session\n"
			"blocks its user and the stations that show it; --all catches those who log in later too.\n"
			"For a test: stationctl session block --all --until 10:45 --message \"Hands up!\"\n",
			OPT_ALL | OPT_ROOM | OPT_STATION | OPT_MESSAGE | OPT_UNTIL, ARGS_TARGETS, 0,
			CTL_TARGETS_MAX, BLOCKS "Block", session_block_run },
	{ "session unblock", "SESSION|USER...", "Take blocks back",
			"While everybody is blocked nobody can be let out alone: unblock --all.\n",
			OPT_ALL | OPT_ROOM | OPT_STATION, ARGS_TARGETS, 0, CTL_TARGETS_MAX,
			BLOCKS "Unblock", session_unblock_run },
	{ "session lock", "[SESSION|USER...]", "Lock own sessions",
			"Without arguments: each of yours that a station shows. The station asks for your\n"
			"password then.\n",
			0, ARGS_TARGETS, 0, CTL_TARGETS_MAX, SESSIONS "Lock " SESSIONS "List",
			session_lock_run },
	{ "session unlock", "SESSION|USER...", "Unlock sessions without the password",
			"Own sessions; as an administrator any.\n", 0, ARGS_TARGETS, 1,
			CTL_TARGETS_MAX, SESSIONS "Unlock " SESSIONS "List", session_unlock_run },
	{ "session start", "USER", "Start a session for a user, without a station",
			"The session is suspended until the user logs in at a station. Administrators only.\n",
			OPT_DESKTOP | OPT_SIZE, ARGS_USER, 1, 1, SESSIONS "Start",
			session_start_run },
	{ "session logoff", "SESSION|USER...", "End sessions and everything in them",
			"Unsaved work is lost. Without --wait the command returns at once and prints the job;\n"
			"follow it with \"stationctl job wait JOB\", take it back during the notice with\n"
			"\"stationctl job cancel JOB\". Own sessions are never ended together with others.\n",
			OPT_ALL | OPT_ROOM | OPT_GRACE | OPT_MESSAGE | OPT_WAIT | OPT_FORCE_AFTER,
			ARGS_TARGETS, 0, CTL_TARGETS_MAX, SESSIONS "LogOff " EVENTS "Watch",
			session_logoff_run },
	{ "session suspend", "SESSION|USER...", "Detach sessions from their stations",
			"Programs run on; the user gets them back at the next log-in.\n",
			OPT_ALL | OPT_ROOM, ARGS_TARGETS, 0, CTL_TARGETS_MAX, SESSIONS "Suspend",
			session_suspend_run },
	{ "web limit", "SESSION|USER...", "Let people reach only some sites, or all but some",
			"Holds for every program of these users, until its time is over or it is taken back,\n"
			"also after a new log-in and after a restart. contoso.com covers www.contoso.com, not\n"
			"notcontoso.com. While it holds only web pages can be reached, nothing else of the\n"
			"network. --all catches those who log in later too.\n"
			"For a test: stationctl web limit --all --only contoso.com,wikipedia.org --until 10:45\n",
			OPT_ALL | OPT_ROOM | OPT_ONLY | OPT_EXCEPT | OPT_UNTIL, ARGS_TARGETS, 0,
			CTL_TARGETS_MAX, LIMITS "Limit", web_limit_run },
	{ "web free", "SESSION|USER...", "Take limits of the web back",
			"While the web of everybody is limited nobody can be let out alone: free --all.\n",
			OPT_ALL | OPT_ROOM, ARGS_TARGETS, 0, CTL_TARGETS_MAX, LIMITS "Free",
			web_free_run },
	{ "web list", "", "Limits of the web that are in force", NULL, 0, ARGS_NONE, 0, 0,
			LIMITS "List", web_list_run },
	{ "web recent", "", "Lists of sites you used before", NULL, 0, ARGS_NONE, 0, 0,
			LIMITS "Recent", web_recent_run },
	{ "project start", "SESSION|USER...", "Show one desktop to others",
			"Shown is your own session, or that of --from, in place of what the stations showed;\n"
			"their keys and pointers reach nothing meanwhile. With --all those who log in later see\n"
			"it too. To show the screen you sit at without a session here: use the dashboard.\n"
			"Your desktop to everybody: stationctl project start --all\n",
			OPT_ALL | OPT_ROOM | OPT_STATION | OPT_FROM | OPT_WINDOW, ARGS_TARGETS, 0,
			CTL_TARGETS_MAX, PROJECTIONS "Start " SESSIONS "List", project_start_run },
	{ "project stop", "PROJECTION", "End a projection, or with --all every one", NULL, OPT_ALL,
			ARGS_PROJECTION, 0, 1, PROJECTIONS "Stop", project_stop_run },
	{ "project list", "", "What is shown to whom", NULL, 0, ARGS_NONE, 0, 0, PROJECTIONS "List",
			project_list_run },
	{ "app installed", "", "Programs of the menu, to be started", NULL, OPT_LANGUAGE, ARGS_NONE,
			0, 0, PROGRAMS "Installed", app_installed_run },
	{ "app icon", "PROGRAM", "The picture of a program, PNG or SVG, to standard output", NULL,
			0, ARGS_PROGRAM, 1, 1, PROGRAMS "Icon", app_icon_run },
	{ "app recent", "", "What you started last", NULL, 0, ARGS_NONE, 0, 0, PROGRAMS "Recent",
			app_recent_run },
	{ "app start", "[SESSION|USER...] [-- COMMAND...]", "Start a program in sessions",
			"A program of the menu (--program), an address or a document (--open), or both: opened\n"
			"with this program. Or, after --, a command with its arguments; there is no shell.\n"
			"It runs as the user of the session.\n"
			"For example: stationctl app start anna ben -- firefox-esr https://example.org\n",
			OPT_ALL | OPT_ROOM | OPT_PROGRAM | OPT_OPEN, ARGS_TARGETS_COMMAND, 0,
			CTL_TARGETS_MAX, PROGRAMS "Start", app_start_run },
	{ "app list", "SESSION|USER", "Windows and processes of a session",
			"Takes a second: so long the use of the processor is measured.\n", 0,
			ARGS_TARGETS, 1, 1, PROGRAMS "List " SESSIONS "List", app_list_run },
	{ "app close", "SESSION|USER PID[:START]", "Close a program of a session",
			"Its windows are asked to close. What still runs after five seconds, or after\n"
			"--force-after, is killed; unsaved work is lost then, so \"never\" leaves it alone.\n"
			"START guards against a number that is used again meanwhile; without it the process\n"
			"that runs now is meant.\n",
			OPT_FORCE_AFTER | OPT_NOW, ARGS_PROCESS, 2, 2,
			PROGRAMS "Close " PROGRAMS "List " SESSIONS "List", app_close_run },
	{ "app close-all", "NAME [SESSION|USER...]", "Close every program of a name in sessions",
			"NAME is that of a process, or the class of a window.\n",
			OPT_ALL | OPT_ROOM | OPT_FORCE_AFTER | OPT_NOW, ARGS_NAME_TARGETS, 1,
			CTL_TARGETS_MAX, PROGRAMS "CloseByName", app_close_all_run },
	{ "chat send", "[SESSION|USER...] TEXT", "Write to people at their stations", NULL,
			OPT_ALL | OPT_ROOM, ARGS_TARGETS_TEXT, 1, CTL_TARGETS_MAX, CHAT "Send",
			chat_send_run },
	{ "chat history", "[USER]", "Messages of everybody, or of one conversation",
			"A standard user sees the own ones.\n", OPT_FOLLOW, ARGS_PERSON, 0, 1,
			CHAT "History " EVENTS "Watch", chat_history_run },
	{ "chat clear", "[USER]", "Forget the messages of everybody, or of one conversation", NULL,
			0, ARGS_PERSON, 0, 1, CHAT "Clear", chat_clear_run },
	{ "chat on", "", "Let people at stations write and raise hands", NULL, 0, ARGS_NONE, 0, 0,
			CHAT "Set", chat_on_run },
	{ "chat off", "", "Let them no more; messages to them still arrive", NULL, 0, ARGS_NONE, 0,
			0, CHAT "Set", chat_off_run },
	{ "chat status", "", "May people at stations write?", NULL, 0, ARGS_NONE, 0, 0, CHAT "Get",
			chat_status_run },
	{ "hand list", "", "Raised hands, the oldest first", NULL, 0, ARGS_NONE, 0, 0, CHAT "Hands",
			hand_list_run },
	{ "hand answer", "USER...", "Take hands down: these people are answered", NULL, OPT_ALL,
			ARGS_PERSON, 0, CTL_TARGETS_MAX, CHAT "Answer", hand_answer_run },
	{ "lesson list", "", "Lessons that run, and when they end", NULL, 0, ARGS_NONE, 0, 0,
			LESSONS "List", lesson_list_run },
	{ "lesson start", "[SESSION|USER...]",
			"Start a lesson: what it brings falls off at its end",
			"With --block people see a message and nothing else, else the message is sent to them.\n"
			"Programs are started once with each; those who log in later get it all too. What was\n"
			"before, or is ordered by hand meanwhile, is not touched. Without --until: 45 minutes.\n"
			"For example: stationctl lesson start --all --until 10:45 --name Maths --program xterm\n",
			LESSON_OPTIONS, ARGS_TARGETS, 0, CTL_TARGETS_MAX, LESSONS "Start",
			lesson_start_run },
	{ "lesson preview", "[SESSION|USER...]", "What \"lesson start\" would change for whom",
			"Nothing is changed.\n", LESSON_OPTIONS, ARGS_TARGETS, 0, CTL_TARGETS_MAX,
			LESSONS "Preview", lesson_preview_run },
	{ "lesson extend", "LESSON", "Let a lesson end later", NULL, OPT_BY, ARGS_LESSON, 1, 1,
			LESSONS "Extend", lesson_extend_run },
	{ "lesson change", "LESSON", "Change what a lesson brings while it runs", NULL,
			OPT_BLOCK | OPT_NO_BLOCK | OPT_ONLY | OPT_EXCEPT | OPT_FREE_WEB |
					OPT_MESSAGE | OPT_NAME,
			ARGS_LESSON, 1, 1, LESSONS "Change", lesson_change_run },
	{ "lesson end", "LESSON", "End a lesson now", NULL, 0, ARGS_LESSON, 1, 1, LESSONS "End",
			lesson_end_run },
	{ "lesson recent", "", "Lessons you started last", NULL, 0, ARGS_NONE, 0, 0,
			LESSONS "Presets", lesson_recent_run },
	{ "activity", "", "Who did what, on whom, and with what result",
			"Newest first; with --follow the last ones and then each new one, the newest last.\n"
			"Operators see what operators did, administrators everything.\n",
			OPT_LIMIT | OPT_SEARCH | OPT_FOLLOW, ARGS_NONE, 0, 0,
			AUDIT "List " EVENTS "Watch", activity_run },
	{ "audit export", "", "The whole audit log, oldest first, with its hashes",
			"Administrators. To be looked at, \"stationctl activity\" is better.\n"
			"For example: stationctl audit export --since 30d > audit.csv\n",
			OPT_SINCE | OPT_BEFORE | OPT_CSV, ARGS_NONE, 0, 0, AUDIT "Export",
			audit_export_run },
	{ "audit verify", "", "Find out if somebody changed the audit log",
			"Administrators. Each entry's hash covers the one before. With --head, a hash that was\n"
			"noted elsewhere, also what was cut off at the end is found; the journal of stationd has\n"
			"the hash of every entry. Exit code 1 where something is wrong.\n",
			OPT_HEAD, ARGS_NONE, 0, 0, AUDIT "Verify", audit_verify_run },
	{ "block list", "", "Blocks that are in force", NULL, 0, ARGS_NONE, 0, 0, BLOCKS "List",
			block_list_run },
	{ "block texts", "", "Messages you blocked with before, and the default", NULL, 0,
			ARGS_NONE, 0, 0, BLOCKS "Texts", block_texts_run },
	{ "view list", "", "Who views or controls which session", NULL, 0, ARGS_NONE, 0, 0,
			VIEWS "List", view_list_run },
	{ "view end", "VIEW", "End a view: your own, or as an administrator any", NULL, 0,
			ARGS_VIEW, 1, 1, VIEWS "Close", view_end_run },
	{ "station list", "", "Stations and what they show", NULL, 0, ARGS_NONE, 0, 0,
			STATIONS "List", station_list_run },
	{ "station show", "STATION", "One station in detail", NULL, 0, ARGS_STATION, 1, 1,
			STATIONS "Get " STATIONS "List", station_show_run },
	{ "station set", "STATION", "Name a station, say where it stands, turn its picture",
			"An empty name is the station's number again, an empty room is none. Operators and\n"
			"administrators; who is bound to rooms moves no station. --orientation is for local\n"
			"stations.\n"
			"For example: stationctl station set browser-3 --name \"Window 3\" --room \"Room 12\"\n",
			OPT_NAME | OPT_ROOM | OPT_ORIENTATION, ARGS_STATION, 1, 1,
			STATIONS "Set " STATIONS "List", station_set_run },
	{ "station rooms", "", "Rooms that stations stand in", NULL, 0, ARGS_NONE, 0, 0,
			STATIONS "Rooms", station_rooms_run },
	{ "station auto-logon", "STATION...", "Log an account on at stations by itself",
			"Some seconds after the greeter comes up; a key pressed there puts it off. No password is\n"
			"kept. For enrolled and local stations. Administrators only.\n"
			"For example: stationctl station auto-logon --room Library --user reader\n",
			OPT_ALL | OPT_ROOM | OPT_USER | OPT_OFF | OPT_DESKTOP | OPT_PRIVILEGED,
			ARGS_STATIONS, 0, CTL_TARGETS_MAX, STATIONS "SetAutoLogOn " STATIONS "List",
			station_auto_run },
	{ "station logon", "[STATION USER]", "Log people on at stations",
			"The password is asked for, or read from standard input. A table has a line for each:\n"
			"station, user, password, with commas, semicolons or tabs between them.\n"
			"For an exam: stationctl station logon --file exam.csv\n",
			OPT_FILE | OPT_NO_PASSWORD | OPT_SWITCH | OPT_PRIVILEGED | OPT_DESKTOP,
			ARGS_STATION_USER, 0, 2, STATIONS "LogOn " STATIONS "List",
			station_logon_run },
	{ "station enrol", "STATION PIN", "Fix the identity of a station that asks for it",
			"With the PIN that it shows; its greeter has \"Enrol this station\". It keeps name and\n"
			"room then, and may have auto log-on. Not for who is bound to rooms.\n",
			OPT_NAME | OPT_ROOM, ARGS_STATION_TEXT, 2, 2, STATIONS "Enrol",
			station_enrol_run },
	{ "station unenrol", "STATION", "Forget a station that was enrolled",
			"Its session is suspended, and whoever comes with its cookie or ticket is a stranger.\n",
			0, ARGS_STATION, 1, 1, STATIONS "Unenrol", station_unenrol_run },
	{ "station kiosk-file", "browser|vnc|rdp FOLDER",
			"Make what a thin client needs to be a station",
			"The folder gets \"install\" to be run there, a script and files to start it with, the\n"
			"certificate, and a ticket that enrols the client once (--expires, default 24h, at most 7d).\n"
			"For example: stationctl station kiosk-file vnc door --name Door --room \"Room 5\"\n",
			OPT_NAME | OPT_ROOM | OPT_EXPIRES | OPT_HOST, ARGS_FREE, 2, 2,
			STATIONS "Invite", station_kiosk_run },
	{ "station map", "STATION...", "Have local stations ask for keyboard and pointer again",
			"The station shows what to do: press any key on the keyboard in front of it, then move\n"
			"its pointer. Several ask one after the other. Name, room and session stay.\n",
			0, ARGS_STATIONS, 1, 200, STATIONS "Map " STATIONS "List",
			station_map_run },
	{ "station identify", "[STATION...]", "Show each station's name on its screen",
			"For a minute, at stations of every kind, or until --off takes it back.\n",
			OPT_ALL | OPT_OFF, ARGS_STATIONS, 0, CTL_TARGETS_MAX,
			STATIONS "Identify " STATIONS "List", station_identify_run },
	{ "station split", "STATION", "Make two stations of one screen",
			"The session goes on in the left (or top) half. The other half is a new station and asks\n"
			"for a keyboard of its own.\n",
			OPT_TOP_BOTTOM, ARGS_STATION, 1, 1, STATIONS "Split " STATIONS "List",
			station_split_run },
	{ "station join", "STATION", "Make one station of two halves again",
			"Name either half. The session of the newer one is suspended.\n", 0,
			ARGS_STATION, 1, 1, STATIONS "Join " STATIONS "List", station_join_run },
	{ "station forget", "STATION", "Forget a local station whose screen was unplugged", NULL, 0,
			ARGS_STATION, 1, 1, STATIONS "Forget " STATIONS "List",
			station_forget_run },
	{ "station storage", "block|unblock STATION...",
			"Block storage on USB at local stations, or no longer",
			"What is mounted there is unmounted and taken away, and what is plugged in later stays away,\n"
			"whoever works there, until it is unblocked. \"station show\" tells what is plugged in.\n"
			"For example: stationctl station storage block --all\n",
			OPT_ALL | OPT_ROOM, ARGS_STORAGE, 0, CTL_TARGETS_MAX + 1,
			STATIONS "SetStorage " STATIONS "List", station_storage_run },
	{ "rights list", "", "What single operators may do, and where", NULL, 0, ARGS_NONE, 0, 0,
			RIGHTS "List", rights_list_run },
	{ "rights set", "USER", "Bind an operator to rooms, to acts, or both",
			"Replaces what was there. Without --room all rooms, without --acts those of every\n"
			"operator. Administrators only; they are never bound themselves.\n"
			"For example: stationctl rights set karin --room \"Room 12\" --acts tile,view,chat\n",
			OPT_ROOM | OPT_ACTS, ARGS_USER, 1, 1, RIGHTS "Set", rights_set_run },
	{ "rights clear", "USER", "As an operator like every other again", NULL, 0, ARGS_USER, 1, 1,
			RIGHTS "Clear", rights_clear_run },
	{ "token list", "", "API tokens: yours, or as an administrator all", NULL, 0, ARGS_NONE, 0,
			0, TOKENS "List", token_list_run },
	{ "token create", "NAME", "Make an API token for a script",
			"It acts as you, with at most your rights, from anywhere over HTTPS. It is shown once:\n"
			"keep it like a password. Without --expires it is good for 90 days.\n"
			"For example: stationctl token create nightly --acts logoff --expires 30d\n",
			OPT_ROOM | OPT_ACTS | OPT_ROLE | OPT_EXPIRES, ARGS_FREE, 1, 1,
			TOKENS "Create", token_create_run },
	{ "token revoke", "TOKEN", "End an API token", NULL, 0, ARGS_TOKEN, 1, 1, TOKENS "Revoke",
			token_revoke_run },
	{ "job list", "", "Log-offs that run or ended in the last ten minutes", NULL, 0, ARGS_NONE,
			0, 0, JOBS "List", job_list_run },
	{ "job show", "JOB", "One job with the result of each session", NULL, 0, ARGS_JOB, 1, 1,
			JOBS "Get", job_show_run },
	{ "job cancel", "JOB", "Take an order back while its notice runs", NULL, 0, ARGS_JOB, 1, 1,
			JOBS "Cancel", job_cancel_run },
	{ "job extend", "JOB [SESSION|USER...]", "Give more time while a notice runs",
			"Without sessions: all whose notice runs. \"stationctl job show JOB\" tells who asked.\n",
			OPT_BY, ARGS_JOB_TARGETS, 1, CTL_TARGETS_MAX,
			JOBS "Extend " SESSIONS "List", job_extend_run },
	{ "job wait", "JOB", "Wait until a job is finished", NULL, 0, ARGS_JOB, 1, 1, JOBS "Wait",
			job_wait_run },
	{ "event watch", "", "Follow what happens, until interrupted",
			"With --json each event is one line: first one of kind \"snapshot\", then changes.\n"
			"--timeout ends the watch after that time (exit code 0).\n",
			0, ARGS_NONE, 0, 0, EVENTS "Watch", event_watch_run },
	{ "system status", "", "The system as a whole", NULL, 0, ARGS_NONE, 0, 0, SYSTEM "Status",
			system_status_run },
	{ "system whoami", "", "Who you are for stationd, and your role", NULL, 0, ARGS_NONE, 0, 0,
			SYSTEM "WhoAmI", system_whoami_run },
	{ "system address", "", "Where to open the pages, and the fingerprint of the certificate",
			NULL, 0, ARGS_NONE, 0, 0, "", system_address_run },
	{ "setup", "", "Set this system up: administrator, certificate, a test",
			"Asks what it needs to know; with --yes it takes the options and asks nothing. What is\n"
			"done already stays as it is. root only.\n",
			OPT_YES | OPT_ADMIN | OPT_CERTIFICATE | OPT_KEY | OPT_TEST, ARGS_NONE, 0, 0,
			SYSTEM "Status " SESSIONS "Start " SESSIONS "LogOff " SESSIONS "List " JOBS
			       "Wait",
			setup_run },
	{ "doctor", "", "Find out what is wrong with this system, and what to do",
			"Changes nothing. As root it sees more. Exit code 1 where something is a fault.\n",
			0, ARGS_NONE, 0, 0, SYSTEM "Status", doctor_run },
	{ "version", "", "Versions of stationctl and stationd", NULL, 0, ARGS_NONE, 0, 0,
			SYSTEM "Version", version_run },
	{ "call", "METHOD [JSON]", "Call a method of the API and print the reply",
			"JSON is the object of parameters; - reads it from standard input.\n"
			"Methods are described by the interfaces in docs/api.\n",
			OPT_MORE, ARGS_METHOD, 1, 2, "", call_run },
};
const size_t n_commands = ELEMENTSOF(commands);
