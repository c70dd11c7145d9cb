//! DynamoDB: items, conditions, transactions, tables.

use std::time::Duration;

use serde_json::{Value, json};
use simcloud::{DynamoDbSwitches, Pace, Settings, SimCloud, Switches};
use tokio::time::sleep;

use crate::support::{ACCOUNT, REGION, Refusal, call, cloud};

pub(crate) async fn db(cloud: &SimCloud, operation: &str, input: Value) -> Result<Value, Refusal> {
    call(cloud, "dynamodb", operation, input).await
}

/// A table `orders` with keys `p` (text) and `s` (number), and an index `by-owner` over `o` (text) and `d` (number).
pub(crate) async fn table(cloud: &SimCloud) {
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
    let input = json!({
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            attribute("p", "S"), attribute("s", "N"), attribute("o", "S"), attribute("d", "N"),
        ],
        "KeySchema": [key("p", "HASH"), key("s", "RANGE")],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-owner",
            "KeySchema": [key("o", "HASH"), key("d", "RANGE")],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
    });
    db(cloud, "CreateTable", input).await.unwrap();
}

fn key(p: &str, s: i64) -> Value {
    json!({"p": {"S": p}, "s": {"N": s.to_string()}})
}

async fn item(cloud: &SimCloud, p: &str, s: i64) -> Value {
    let input = json!({"TableName": "orders", "Key": key(p, s), "ConsistentRead": true});
    db(cloud, "GetItem", input).await.unwrap()["Item"].clone()
}

async fn update(cloud: &SimCloud, expression: &str, values: Value) -> Result<Value, Refusal> {
    let mut input = json!({
        "TableName": "orders", "Key": key("a", 1), "UpdateExpression": expression, "ReturnValues": "ALL_NEW",
    });
    if values != json!({}) {
        input["ExpressionAttributeValues"] = values;
    }
    db(cloud, "UpdateItem", input).await
}

#[tokio::test(start_paused = true)]
async fn an_update_reads_the_item_as_it_was_and_writes_every_clause() {
    let cloud = cloud();
    table(&cloud).await;
    let values = json!({
        ":zero": {"N": "0"}, ":one": {"N": "1"}, ":l": {"L": [{"S": "x"}, {"S": "y"}, {"S": "z"}]},
        ":m": {"M": {"k": {"S": "v"}}}, ":set": {"SS": ["a", "b"]},
    });
    let expression = "SET n = if_not_exists(n, :zero) + :one, l = :l, m = :m ADD tags :set, total :one";
    let made = update(&cloud, expression, values).await.unwrap();
    assert_eq!(made["Attributes"]["n"], json!({"N": "1"}));
    assert_eq!(made["Attributes"]["total"], json!({"N": "1"}));
    let values = json!({
        ":one": {"N": "1"}, ":more": {"L": [{"S": "w"}]}, ":gone": {"SS": ["a"]}, ":v": {"S": "new"},
    });
    let expression = "SET n = n + :one, copied = n, m.k = :v, m.j = m.k, l = list_append(l, :more) \
                      DELETE tags :gone REMOVE total";
    let changed = update(&cloud, expression, values).await.unwrap();
    let expected = json!({
        "p": {"S": "a"}, "s": {"N": "1"}, "n": {"N": "2"}, "copied": {"N": "1"},
        "m": {"M": {"k": {"S": "new"}, "j": {"S": "v"}}},
        "l": {"L": [{"S": "x"}, {"S": "y"}, {"S": "z"}, {"S": "w"}]}, "tags": {"SS": ["b"]},
    });
    assert_eq!(changed["Attributes"], expected);
    let removed = update(&cloud, "REMOVE l[0], l[2]", json!({})).await.unwrap();
    assert_eq!(removed["Attributes"]["l"], json!({"L": [{"S": "y"}, {"S": "w"}]}));
}

#[tokio::test(start_paused = true)]
async fn an_update_that_makes_no_sense_is_refused_and_changes_nothing() {
    let cloud = cloud();
    table(&cloud).await;
    update(&cloud, "SET a = :v", json!({":v": {"S": "text"}})).await.unwrap();
    for (expression, values) in [
        ("SET s = :v", json!({":v": {"N": "2"}})),
        ("SET a = missing", json!({})),
        ("SET a = a + :v", json!({":v": {"N": "2"}})),
        ("SET a.b = :v", json!({":v": {"N": "2"}})),
        ("SET b = :v, b.c = :v", json!({":v": {"N": "2"}})),
        ("SET b = :v SET c = :v", json!({":v": {"N": "2"}})),
        ("SET b = :v", json!({":v": {"N": "2"}, ":unused": {"N": "2"}})),
        ("SET b = :undefined", json!({})),
        ("SET b == :v", json!({":v": {"N": "2"}})),
        ("SET b = :v", json!({":v": {"N": "1".repeat(39)}})),
        ("SET b = :v", json!({":v": {"SS": []}})),
        ("SET o = :v", json!({":v": {"S": ""}})),
        ("", json!({})),
    ] {
        let refusal = update(&cloud, expression, values).await.unwrap_err();
        assert_eq!(refusal.code, "ValidationException", "{expression}: {}", refusal.message);
    }
    assert_eq!(item(&cloud, "a", 1).await, json!({"p": {"S": "a"}, "s": {"N": "1"}, "a": {"S": "text"}}));
}

#[tokio::test(start_paused = true)]
async fn a_condition_means_what_the_guide_says() {
    let cloud = cloud();
    table(&cloud).await;
    let stored = json!({
        "p": {"S": "a"}, "s": {"N": "1"}, "n": {"N": "10"}, "t": {"S": "hello"}, "b": {"BOOL": true},
        "l": {"L": [{"N": "1"}, {"M": {"x": {"S": "deep"}}}]}, "set": {"NS": ["1", "2.0"]}, "z": {"NULL": true},
    });
    db(&cloud, "PutItem", json!({"TableName": "orders", "Item": stored})).await.unwrap();
    for (condition, holds) in [
        ("n = :ten", true),
        ("n > :nine", true),
        ("t > :nine", false),
        ("missing = :ten", false),
        ("missing <> :ten", true),
        ("NOT missing = :ten", true),
        ("n BETWEEN :nine AND :ten AND b = :true", true),
        ("n IN (:nine, :ten)", true),
        ("attribute_exists(l[1].x) and attribute_not_exists(l[2])", true),
        ("attribute_type(z, :null)", true),
        ("begins_with(t, :he)", true),
        ("contains(t, :ell) AND contains(set, :two) AND NOT contains(set, :ten)", true),
        ("contains(l, :one)", true),
        ("size(t) = :five AND size(l) < :nine", true),
        ("size(n) = :five", false),
        ("n = :nine OR n = :ten AND t = :he", false),
        ("(n = :nine OR n = :ten) AND begins_with(t, :he)", true),
        ("l[1].x = :deep", true),
    ] {
        let all = json!({
            ":ten": {"N": "1E1"}, ":nine": {"N": "9"}, ":true": {"BOOL": true}, ":null": {"S": "NULL"},
            ":he": {"S": "he"}, ":ell": {"S": "ell"}, ":two": {"N": "2"}, ":one": {"N": "1"}, ":five": {"N": "5"},
            ":deep": {"S": "deep"},
        });
        let used = |name: &str| {
            let mut words = condition.split(|c: char| !c.is_alphanumeric() && c != ':');
            words.any(|word| word == name)
        };
        let values: Value = all.as_object().unwrap().clone().into_iter().filter(|(name, _)| used(name)).collect();
        let mut check = json!({"TableName": "orders", "Key": key("a", 1), "ConditionExpression": condition});
        if values != json!({}) {
            check["ExpressionAttributeValues"] = values;
        }
        let outcome = db(&cloud, "TransactWriteItems", json!({"TransactItems": [{"ConditionCheck": check}]})).await;
        match outcome {
            Ok(_) => assert!(holds, "{condition}"),
            Err(refusal) => {
                assert_eq!(refusal.code, "TransactionCanceledException", "{condition}: {}", refusal.message);
                assert!(!holds, "{condition}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_condition_can_show_the_item() {
    let cloud = cloud();
    table(&cloud).await;
    update(&cloud, "SET v = :v", json!({":v": {"N": "1"}})).await.unwrap();
    let input = json!({
        "TableName": "orders", "Item": key("a", 1), "ConditionExpression": "attribute_not_exists(#p)",
        "ExpressionAttributeNames": {"#p": "p"}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    let request = crate::support::request(ACCOUNT, REGION, "dynamodb", "PutItem", &input);
    let response = crate::support::send(&cloud, "test", request).await.unwrap();
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert!(body["__type"].as_str().unwrap().ends_with("ConditionalCheckFailedException"));
    assert_eq!(body["Item"]["v"], json!({"N": "1"}));
}

#[tokio::test(start_paused = true)]
async fn a_transaction_does_everything_or_nothing_and_says_what_failed() {
    let cloud = cloud();
    table(&cloud).await;
    let put = |p: &str, condition: &str| json!({"Put": {"TableName": "orders", "Item": key(p, 1), "ConditionExpression": condition}});
    let wanted = json!({"TransactItems": [put("a", "attribute_not_exists(p)"), put("b", "attribute_exists(p)")]});
    let refusal = db(&cloud, "TransactWriteItems", wanted).await.unwrap_err();
    assert_eq!(refusal.code, "TransactionCanceledException");
    assert!(refusal.message.ends_with("[None, ConditionalCheckFailed]"), "{}", refusal.message);
    assert_eq!(item(&cloud, "a", 1).await, Value::Null);
    let twice = json!({"TransactItems": [put("a", "attribute_not_exists(p)"), put("a", "attribute_exists(p)")]});
    assert_eq!(db(&cloud, "TransactWriteItems", twice).await.unwrap_err().code, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn a_client_token_makes_a_transaction_happen_once_for_ten_minutes() {
    let cloud = cloud();
    table(&cloud).await;
    let add = |n: &str| {
        let update = json!({
            "TableName": "orders", "Key": key("a", 1), "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": n}},
        });
        json!({"ClientRequestToken": "once", "TransactItems": [{"Update": update}]})
    };
    for _ in 0..3 {
        db(&cloud, "TransactWriteItems", add("1")).await.unwrap();
    }
    assert_eq!(item(&cloud, "a", 1).await["n"], json!({"N": "1"}));
    let other = db(&cloud, "TransactWriteItems", add("2")).await.unwrap_err();
    assert_eq!(other.code, "IdempotentParameterMismatchException");
    sleep(Duration::from_mins(10)).await;
    db(&cloud, "TransactWriteItems", add("2")).await.unwrap();
    assert_eq!(item(&cloud, "a", 1).await["n"], json!({"N": "3"}));
}

#[tokio::test(start_paused = true)]
async fn a_lagging_index_shows_a_write_later_and_never_out_of_order() {
    let dynamodb = DynamoDbSwitches { index_lag: Duration::from_secs(5), ..DynamoDbSwitches::default() };
    let switches = Switches { dynamodb, ..Switches::default() };
    let cloud = SimCloud::new(Settings { pace: Pace::instant(), switches, ..Settings::default() });
    table(&cloud).await;
    let seen = async || {
        let input = json!({
            "TableName": "orders", "IndexName": "by-owner", "KeyConditionExpression": "o = :o",
            "ExpressionAttributeValues": {":o": {"S": "me"}},
        });
        db(&cloud, "Query", input).await.unwrap()["Items"].as_array().unwrap().clone()
    };
    for d in 0..20 {
        let values = json!({":o": {"S": "me"}, ":d": {"N": d.to_string()}});
        update(&cloud, "SET o = :o, d = :d", values).await.unwrap();
    }
    let mut last = -1;
    let mut lagged = false;
    for _ in 0..100 {
        let items = seen().await;
        let now = items.first().map_or(-1, |item| item["d"]["N"].as_str().unwrap().parse().unwrap());
        assert!(items.len() <= 1 && now >= last, "{items:?} after {last}");
        lagged |= now < 19;
        last = now;
        sleep(Duration::from_millis(100)).await;
    }
    assert!(lagged, "the index never lagged");
    assert_eq!(last, 19);
}

#[tokio::test(start_paused = true)]
async fn ttl_deletes_what_has_expired_and_nothing_that_was_renewed() {
    let cloud = cloud();
    table(&cloud).await;
    let input = json!({"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}});
    db(&cloud, "UpdateTimeToLive", input).await.unwrap();
    let at = |seconds: i64| json!({":t": {"N": (cloud.now().as_second() + seconds).to_string()}});
    let mut other = json!({"TableName": "orders", "Item": key("b", 1)});
    other["Item"]["ttl"] = at(60)[":t"].clone();
    db(&cloud, "PutItem", other).await.unwrap();
    update(&cloud, "SET #t = :t", at(60)).await.unwrap_err();
    update(&cloud, "SET ttl = :t", at(60)).await.unwrap();
    update(&cloud, "SET ttl = :t", at(120)).await.unwrap();
    sleep(Duration::from_secs(61)).await;
    assert_eq!(item(&cloud, "b", 1).await, Value::Null);
    assert_ne!(item(&cloud, "a", 1).await, Value::Null);
    sleep(Duration::from_mins(1)).await;
    assert!(cloud.inspect().items(ACCOUNT, REGION, "orders").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_table_of_the_same_name_is_another_incarnation() {
    let cloud = SimCloud::new(Settings::default());
    table(&cloud).await;
    let status = async || {
        let described = db(&cloud, "DescribeTable", json!({"TableName": "orders"})).await;
        described.map(|answer| (answer["Table"]["TableStatus"].clone(), answer["Table"]["TableId"].clone()))
    };
    let (creating, id) = status().await.unwrap();
    assert_eq!(creating, "CREATING");
    let early = json!({"TableName": "orders", "Item": key("a", 1)});
    assert_eq!(db(&cloud, "PutItem", early).await.unwrap_err().code, "ResourceNotFoundException");
    sleep(Duration::from_secs(10)).await;
    assert_eq!(status().await.unwrap().0, "ACTIVE");
    db(&cloud, "UpdateTable", json!({"TableName": "orders", "DeletionProtectionEnabled": true})).await.unwrap();
    sleep(Duration::from_secs(10)).await;
    let protected = db(&cloud, "DeleteTable", json!({"TableName": "orders"})).await.unwrap_err();
    assert_eq!(protected.code, "ValidationException");
    db(&cloud, "UpdateTable", json!({"TableName": "orders", "DeletionProtectionEnabled": false})).await.unwrap();
    sleep(Duration::from_secs(10)).await;
    db(&cloud, "DeleteTable", json!({"TableName": "orders"})).await.unwrap();
    assert_eq!(status().await.unwrap().0, "DELETING");
    sleep(Duration::from_secs(10)).await;
    assert_eq!(status().await.unwrap_err().code, "ResourceNotFoundException");
    table(&cloud).await;
    assert_ne!(status().await.unwrap().1, id);
}

#[tokio::test(start_paused = true)]
async fn tags_come_in_pages_and_reading_them_is_throttled() {
    let cloud = cloud();
    table(&cloud).await;
    let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders");
    let tags: Vec<Value> = (0..25).map(|n| json!({"Key": format!("k{n:02}"), "Value": "v"})).collect();
    db(&cloud, "TagResource", json!({"ResourceArn": arn, "Tags": tags})).await.unwrap();
    let mut found = Vec::new();
    let mut input = json!({"ResourceArn": arn});
    loop {
        let page = db(&cloud, "ListTagsOfResource", input.clone()).await.unwrap();
        found.extend(page["Tags"].as_array().unwrap().clone());
        let Some(next) = page.get("NextToken") else { break };
        input["NextToken"] = next.clone();
    }
    assert_eq!(found, tags);
    let mut refused = 0;
    for _ in 0..10 {
        let outcome = db(&cloud, "ListTagsOfResource", json!({"ResourceArn": arn})).await;
        refused += usize::from(outcome.is_err_and(|refusal| refusal.code == "ThrottlingException"));
    }
    assert_eq!(refused, 3);
}

#[tokio::test(start_paused = true)]
async fn an_item_over_400_kilobytes_is_refused() {
    let cloud = cloud();
    table(&cloud).await;
    let big = |size: usize| json!({":v": {"S": "x".repeat(size)}});
    update(&cloud, "SET v = :v", big(400 * 1024 - 100)).await.unwrap();
    assert_eq!(update(&cloud, "SET v = :v", big(400 * 1024)).await.unwrap_err().code, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn batches_write_and_read_every_item_once() {
    let cloud = cloud();
    table(&cloud).await;
    let puts: Vec<Value> = (0..25).map(|s| json!({"PutRequest": {"Item": key("a", s)}})).collect();
    let written = db(&cloud, "BatchWriteItem", json!({"RequestItems": {"orders": puts}})).await.unwrap();
    assert_eq!(written["UnprocessedItems"], json!({}));
    let keys: Vec<Value> = (0..30).map(|s| key("a", s)).collect();
    let read = db(&cloud, "BatchGetItem", json!({"RequestItems": {"orders": {"Keys": keys}}})).await.unwrap();
    assert_eq!(read["Responses"]["orders"].as_array().unwrap().len(), 25);
    let twice = json!({"RequestItems": {"orders": {"Keys": [key("a", 1), key("a", 1)]}}});
    assert_eq!(db(&cloud, "BatchGetItem", twice).await.unwrap_err().code, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn what_a_batch_leaves_over_succeeds_when_it_is_sent_again() {
    let dynamodb = DynamoDbSwitches { batch_leftovers: 40, ..DynamoDbSwitches::default() };
    let switches = Switches { dynamodb, ..Switches::default() };
    let cloud = SimCloud::new(Settings { pace: Pace::instant(), switches, ..Settings::default() });
    table(&cloud).await;
    let puts: Vec<Value> = (0..25).map(|s| json!({"PutRequest": {"Item": key("a", s)}})).collect();
    let (mut rest, mut rounds) = (json!({"orders": puts}), 0);
    while rest != json!({}) {
        let written = db(&cloud, "BatchWriteItem", json!({"RequestItems": rest})).await.unwrap();
        rest = written["UnprocessedItems"].clone();
        rounds += 1;
    }
    assert!(rounds > 1);
    assert_eq!(cloud.inspect().items(ACCOUNT, REGION, "orders").len(), 25);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_may_meet_another_one_and_then_does_nothing() {
    let dynamodb = DynamoDbSwitches { transaction_conflicts: 50, ..DynamoDbSwitches::default() };
    let switches = Switches { dynamodb, ..Switches::default() };
    let cloud = SimCloud::new(Settings { pace: Pace::instant(), switches, ..Settings::default() });
    table(&cloud).await;
    let mut conflicts = 0;
    for s in 0..20 {
        let put = json!({"Put": {"TableName": "orders", "Item": key("a", s)}});
        if let Err(refusal) = db(&cloud, "TransactWriteItems", json!({"TransactItems": [put]})).await {
            assert_eq!(refusal.code, "TransactionCanceledException");
            assert!(refusal.message.ends_with("[TransactionConflict]"));
            conflicts += 1;
        }
    }
    assert!(conflicts > 0);
    assert_eq!(cloud.inspect().items(ACCOUNT, REGION, "orders").len(), 20 - conflicts);
}

#[tokio::test(start_paused = true)]
async fn reads_that_ask_for_no_consistency_may_be_late_and_others_never_are() {
    let dynamodb = DynamoDbSwitches { read_lag: Duration::from_secs(30), ..DynamoDbSwitches::default() };
    let switches = Switches { dynamodb, ..Switches::default() };
    let cloud = SimCloud::new(Settings { pace: Pace::instant(), switches, ..Settings::default() });
    table(&cloud).await;
    let count = async || {
        let input = json!({"TableName": "orders", "Key": key("a", 1)});
        db(&cloud, "GetItem", input).await.unwrap()["Item"]["n"]["N"].as_str().map(str::to_owned)
    };
    assert_eq!(count().await, None);
    let mut late = 0;
    for n in 1..=10 {
        update(&cloud, "ADD n :one", json!({":one": {"N": "1"}})).await.unwrap();
        assert_eq!(item(&cloud, "a", 1).await["n"]["N"], n.to_string());
        late += usize::from(count().await != Some(n.to_string()));
    }
    assert!(late > 0);
    sleep(Duration::from_mins(6)).await;
    assert_eq!(count().await, Some("10".to_owned()));
}
