// Package e2e walks through the site with a browser: chromedp drives the machine's Chromium, axe-core looks for barriers on every page.
// Without Chromium the walks are skipped with a message.
package e2e
