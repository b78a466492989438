import { testFilters } from "./property.ts";

testFilters({ seeds: [1], requests: 20 });
