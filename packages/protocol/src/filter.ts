import type { JsonObject } from "@akidb/base";
import Type from "typebox";

export const FilterBody = Type.Unsafe<JsonObject>(
  Type.Object(
    {},
    {
      additionalProperties: true,
      description:
        "Only documents whose metadata passes: a field with a value or with operators (`$eq`, `$ne`, `$gt`, `$gte`, " +
        "`$lt`, `$lte`, `$in`, `$nin`, `$exists`, `$not`, `$contains`, `$prefix`, `$geo_radius`, `$geo_box`), nested " +
        "fields by dots, and `$and`, `$or`, `$not` of filters.",
      examples: [{ year: { $gte: 2020 }, tag: { $in: ["a", "b"] } }],
    },
  ),
);
