// For an address that does not exist. Some mail programs write %23 for the # of a link: then the
// code in it is a path. The page reads it out of the fragment (web/src/app/link.ts).
const { pathname, search } = location;
location.replace(`/${search}${/~|%(25)*7e/i.test(pathname) ? `#${pathname}` : ""}`);
