package main

// plan is a project before anything happened in it. Its things are what its tickets are about.
type plan struct {
	key, name, summary string
	lead               string
	crew               []string // first names, the lead included; the last of a guest's projects is in guests
	guests             []string
	public             bool
	started            string
	archived           string
	weight             int // how many tickets, in proportion
	areas, things      []string
	users              []string // who is affected
}

var plans = []plan{
	{key: "WEB", name: "Web app", summary: "The booking site: search a crossing, choose a seat, pay.", lead: "Amara", public: true, started: "2024-02-12", weight: 22,
		crew:   []string{"Amara", "Chloé", "Diego", "Lucía", "Mei", "Hannah", "Oliver", "Emily"},
		guests: []string{"Ana"}, areas: []string{"checkout", "seat-map", "search", "account", "layout"},
		things: []string{"the seat map", "the date picker", "the checkout form", "the passenger list", "the fare table", "the language switch", "the return-trip toggle", "the harbour list", "the account page", "the cookie notice", "the vehicle form", "the timetable page"},
		users:  []string{"a family of five", "people on old tablets", "a travel agency in Split", "screen-reader users", "a coach operator"}},
	{key: "APP", name: "Mobile app", summary: "Tickets in the pocket, also without a network.", lead: "Kenji", public: true, started: "2024-03-18", weight: 18,
		crew:   []string{"Kenji", "Nadia", "Lucía", "Camila", "Rahul", "Tomáš"},
		areas:  []string{"offline", "scanner", "wallet", "push", "start-up"},
		things: []string{"the boarding pass", "the offline copy of a ticket", "the wallet export", "the push prompt", "the gate scanner", "the trip list", "the start screen", "the map of the pier", "the fingerprint unlock", "the home-screen widget"},
		users:  []string{"gate staff in Ancona", "a commuter on the early boat", "people who switch phones", "tourists without roaming"}},
	{key: "PAY", name: "Payments", summary: "Cards, refunds, vouchers and the books.", lead: "Tomáš", started: "2024-02-19", weight: 14,
		crew: []string{"Tomáš", "Priya", "Jonas", "Inês", "Hannah", "Mei"}, guests: []string{"Marta", "Peter"},
		areas:  []string{"cards", "refunds", "vouchers", "invoices", "tax"},
		things: []string{"the card form", "the refund job", "the invoice PDF", "the voucher balance", "the daily settlement", "the tax table", "the payment webhook", "the chargeback report", "the bank export", "the receipt mail"},
		users:  []string{"the accountant", "a customer with two cards", "the harbour in Bari", "resellers"}},
	{key: "API", name: "Partner API", summary: "Search and booking for travel agencies and resellers.", lead: "Priya", public: true, started: "2024-05-06", weight: 12,
		crew: []string{"Priya", "Oliver", "Jonas", "Aroha", "Samuel"}, guests: []string{"Peter"},
		areas:  []string{"auth", "bookings", "rate-limits", "docs", "webhooks"},
		things: []string{"the availability endpoint", "the booking webhook", "the sandbox", "the error format", "the rate limiter", "the partner key page", "the changelog feed", "the pagination of bookings", "the idempotency check", "the example client"},
		users:  []string{"the integrator in Hamburg", "two of the larger partners", "a new reseller", "everyone on the old version"}},
	{key: "DATA", name: "Timetables", summary: "Import of sailings from forty operators, every night.", lead: "Samuel", started: "2024-06-10", weight: 13,
		crew:   []string{"Samuel", "Yasmin", "Priya", "Oliver", "Rahul"},
		areas:  []string{"import", "mapping", "delays", "history"},
		things: []string{"the nightly import", "the operator mapping", "the delay feed", "the season change", "the tide table", "the duplicate check", "the vessel register", "the history of sailings", "the harbour time zone", "the import report"},
		users:  []string{"the operator in Piraeus", "night travellers", "the support desk", "everyone who searched before six"}},
	{key: "OPS", name: "Infrastructure", summary: "Servers, deploys, backups, alarms.", lead: "Mateusz", started: "2024-04-22", weight: 12,
		crew: []string{"Mateusz", "Ben", "Tomáš", "Samuel", "Oliver"}, guests: []string{"Peter"},
		areas:  []string{"deploy", "backup", "alarms", "network", "cost"},
		things: []string{"the deploy pipeline", "the nightly backup", "the restore drill", "the disk alarm", "the certificate renewal", "the staging database", "the log retention", "the on-call rota", "the build cache", "the load balancer"},
		users:  []string{"whoever is on call", "the night shift", "every release", "the staging environment"}},
	{key: "MAIL", name: "Messages", summary: "Mail, text messages and push: what we say to travellers, and when.", lead: "Chloé", public: true, started: "2024-07-01", weight: 9,
		crew: []string{"Chloé", "Hannah", "Yasmin", "Aroha", "Nadia"}, guests: []string{"Ana"},
		areas:  []string{"templates", "delivery", "preferences", "translations"},
		things: []string{"the delay notice", "the booking confirmation", "the unsubscribe link", "the bounce handler", "the template editor", "the quiet-hours rule", "the Croatian translation", "the reminder before boarding", "the sender address", "the preview pane"},
		users:  []string{"travellers with a shared mailbox", "people who read mail as text", "the desk in Ancona", "anyone booked on the night boat"}},
	{key: "DESK", name: "Support desk", summary: "The tool our support works in all day.", lead: "Hannah", started: "2024-09-09", weight: 12,
		crew:   []string{"Hannah", "Rahul", "Diego", "Emily", "Camila", "Jonas"},
		areas:  []string{"inbox", "search", "macros", "history"},
		things: []string{"the inbox", "the customer history", "the saved-reply list", "the merge dialog", "the rebooking wizard", "the internal note", "the phone log", "the escalation queue", "the satisfaction survey", "the shortcut sheet"},
		users:  []string{"the morning shift", "new colleagues", "a caller in a hurry", "the whole desk"}},
	{key: "RPT", name: "Reports", summary: "Numbers that harbours and operators look at on Monday.", lead: "Yasmin", started: "2025-06-09", weight: 8,
		crew: []string{"Yasmin", "Samuel", "Inês", "Diego"}, guests: []string{"Marta"},
		areas:  []string{"occupancy", "revenue", "exports", "schedules"},
		things: []string{"the occupancy chart", "the monthly export", "the revenue split", "the scheduled report", "the comparison with last year", "the harbour dashboard", "the filter by vessel", "the totals row", "the spreadsheet download", "the access log of reports"},
		users:  []string{"the harbour in Bari", "two operators", "the accountant", "our own Monday meeting"}},
	{key: "SEC", name: "Sign-in and security", summary: "Accounts, sessions, reviews.", lead: "Oliver", started: "2025-02-10", weight: 7,
		crew: []string{"Oliver", "Tomáš", "Nadia", "Mateusz"}, guests: []string{"Peter"},
		areas:  []string{"sessions", "passkeys", "audit", "permissions"},
		things: []string{"the session list", "the passkey prompt", "the password reset", "the audit trail", "the role page", "the lockout rule", "the dependency scan", "the access review", "the recovery-code page", "the sign-in mail"},
		users:  []string{"partners with shared accounts", "staff at the gates", "people who lost a phone", "the auditors"}},
	{key: "UX", name: "Design system", summary: "One set of components, words and colours.", lead: "Lucía", public: true, started: "2024-11-04", weight: 7,
		crew: []string{"Lucía", "Emily", "Amara", "Chloé", "Sofia", "Kenji"}, guests: []string{"Ana"},
		areas:  []string{"components", "colour", "type", "words", "research"},
		things: []string{"the primary button", "the dark theme", "the form label", "the icon set", "the empty screen", "the focus ring", "the type scale", "the error banner", "the loading skeleton", "the spacing scale"},
		users:  []string{"colour-blind readers", "every new screen", "people over seventy in the last study", "the translators"}},
	{key: "KIOSK", name: "Kiosk pilot", summary: "Ticket machines on three piers. Ended after the summer.", lead: "Nadia", started: "2025-03-10", archived: "2025-10-17T15:20:00Z", weight: 6,
		crew:   []string{"Nadia", "Kenji", "Emily", "Ben", "Sofia"},
		areas:  []string{"hardware", "printer", "screen", "cash"},
		things: []string{"the receipt printer", "the touch screen", "the coin slot", "the kiosk watchdog", "the remote restart", "the sun shade", "the card reader", "the idle video", "the paper sensor"},
		users:  []string{"travellers in the rain", "the harbour master", "people with gloves", "the technician in Zadar"}},
}

var labels = []struct{ name, colour, description string }{
	{"regression", "#b3261e", "Worked before."},
	{"good-first-issue", "#2e7d32", "Small, and somebody will help."},
	{"accessibility", "#6a1b9a", "Keyboard, screen reader, contrast."},
	{"performance", "#ef6c00", "Too slow or too much."},
	{"security", "#7f0000", "Talk to the reviewers first."},
	{"translation", "#00838f", "Words in another language."},
	{"needs-design", "#ad1457", "Waits for a drawing."},
	{"needs-reproduction", "#5d4037", "Seen once, not yet seen again."},
	{"customer-reported", "#1565c0", "Came in through support."},
	{"blocked", "#37474f", "Waits for somebody else."},
	{"documentation", "#546e7a", "Words for people who build with it."},
	{"seasonal", "#9e9d24", "Matters in summer, or in winter."},
	{"data-quality", "#4e342e", "What we were sent is wrong."},
	{"quick-win", "#00695c", "Less than an hour, more than a little joy."},
}
