// Package account holds the pages and endpoints of package learner/account: registering, confirming an address, signing in and out,
// passwords, settings, and the outbox of a site without a mail server.
//
// Every URL stands in routes.go. Pages work without scripts: a refused form comes back filled, with a message beside each field and status 422.
// The JSON endpoints beside them are those that apps and front ends of a site call; their odd statuses and shapes are theirs (api_*.go) and
// follow what those clients expect, and what happens behind them is the same flow as behind the form.
//
// The rules a newcomer would break: where to go on comes from the request and passes Deps.Next; a link in a letter is built from the site's
// configured address; a page whose address holds a token sends no referrer and acts on POST only.
package account
