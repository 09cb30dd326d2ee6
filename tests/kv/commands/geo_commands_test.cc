#include <string>

#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

class GeoCommands : public CommandTest {
 protected:
  void SetUp() override {
    Run({"geoadd", "sicily", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669",
         "Catania", "14.733333", "36.933333", "Ragusa", "15.287602", "37.070104", "Siracusa",
         "13.588412", "37.311348", "Agrigento"});
  }
};

TEST_F(GeoCommands, PlacesAreMembersOfASortedSet) {
  EXPECT_EQ(Run({"type", "sicily"}), "+zset");
  EXPECT_EQ(Run({"zscore", "sicily", "Palermo"}), "\"3479099956230698\"");
  EXPECT_EQ(Run({"geopos", "sicily", "Palermo", "absent"}),
            "[[\"13.36138933897018433\", \"38.11555639549629859\"], nil array]");
  EXPECT_EQ(Run({"geohash", "sicily", "Palermo", "absent"}), "[\"sqc8b49rny0\", nil]");
  EXPECT_EQ(Run({"geodist", "sicily", "Palermo", "Catania"}), "\"166274.1516\"");
  EXPECT_EQ(Run({"geodist", "sicily", "Palermo", "Catania", "km"}), "\"166.2742\"");
  EXPECT_EQ(Run({"geodist", "sicily", "Palermo", "absent"}), "nil");
}

TEST_F(GeoCommands, AddingUnderConditions) {
  EXPECT_EQ(Run({"geoadd", "sicily", "nx", "1", "1", "Palermo", "2", "2", "new"}), "1");
  EXPECT_EQ(Run({"geoadd", "sicily", "xx", "ch", "1", "1", "Palermo", "2", "2", "newer"}), "1");
  EXPECT_EQ(Run({"zcard", "sicily"}), "6");
  EXPECT_EQ(Run({"geoadd", "g", "181", "1", "a"}),
            "-ERR invalid longitude,latitude pair 181.000000,1.000000");
  EXPECT_EQ(Run({"exists", "g"}), "0");
}

TEST_F(GeoCommands, SearchByRadiusAndBox) {
  EXPECT_EQ(Run({"geosearch", "sicily", "fromlonlat", "15", "37", "byradius", "60", "km", "asc",
                 "withdist"}),
            "[[\"Ragusa\", \"24.8312\"], [\"Siracusa\", \"26.6996\"], [\"Catania\", \"56.4413\"]]");
  EXPECT_EQ(
      Run({"geosearch", "sicily", "frommember", "Palermo", "bybox", "100", "200", "km", "desc"}),
      "[\"Agrigento\", \"Palermo\"]");
  EXPECT_EQ(Run({"georadius", "sicily", "15", "37", "200", "km", "count", "1", "withhash"}),
            "[[\"Ragusa\", 3476478491720624]]");
}

TEST_F(GeoCommands, SearchByPolygonNeedsNoCentre) {
  const Arguments polygon = {"bypolygon", "6",         "13.268550", "38.354626", "15.379554",
                             "37.143270", "14.7",      "36.6",      "14.193438", "37.334376",
                             "12.972021", "38.138380", "13.3",      "38.2"};
  Arguments search = {"geosearch", "sicily"};
  search.insert(search.end(), polygon.begin(), polygon.end());
  EXPECT_EQ(client_.Run(search).elements.size(), 3u);
  Arguments store = {"geosearchstore", "found", "sicily"};
  store.insert(store.end(), polygon.begin(), polygon.end());
  EXPECT_EQ(Run(store), "3");
  EXPECT_EQ(Run({"zrange", "found", "0", "-1"}), "[\"Ragusa\", \"Siracusa\", \"Palermo\"]");
  search.insert(search.end(), {"fromlonlat", "1", "1"});
  EXPECT_EQ(Run(search), "-ERR syntax error");
  EXPECT_EQ(Run({"geosearch", "sicily", "bypolygon", "2", "1", "1", "2", "2"}),
            "-ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
  EXPECT_EQ(Run({"geosearch", "sicily", "bypolygon", "3", "1", "1", "2", "2", "3"}),
            "-ERR syntax error");
}

TEST_F(GeoCommands, AnyStopsEarlyAndDoesNotSort) {
  EXPECT_EQ(Run({"georadius", "sicily", "15", "37", "500", "km", "any"}),
            "-ERR the ANY argument requires COUNT argument");
  const resp::Value any =
      client_.Run({"georadius", "sicily", "15", "37", "500", "km", "count", "2", "any"});
  EXPECT_EQ(any.elements.size(), 2u);
}

TEST_F(GeoCommands, StoredResultsReplaceTheDestination) {
  Run({"set", "d", "x"});
  EXPECT_EQ(Run({"geosearchstore", "d", "sicily", "fromlonlat", "15", "37", "byradius", "60", "km",
                 "storedist"}),
            "3");
  EXPECT_EQ(Run({"zrange", "d", "-1", "-1", "withscores"}).substr(0, 16), "[\"Catania\", \"56.");
  EXPECT_EQ(Run({"georadius", "sicily", "15", "37", "60", "km", "store", "e"}), "3");
  EXPECT_EQ(Run({"geodist", "e", "Catania", "Ragusa"}),
            Run({"geodist", "sicily", "Catania", "Ragusa"}));
  EXPECT_EQ(Run({"georadius", "absent", "15", "37", "60", "km", "store", "e"}), "0");
  EXPECT_EQ(Run({"exists", "e"}), "0");
}

TEST_F(GeoCommands, CoordinatesAreDoublesInResp3) {
  Run({"hello", "3"});
  EXPECT_EQ(Run({"geopos", "sicily", "Palermo"}),
            "[[,13.36138933897018433, ,38.11555639549629859]]");
}

}  // namespace
}  // namespace tests
