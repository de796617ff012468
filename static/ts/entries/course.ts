// What pages inside a course run beside site.ts.
export {};
