// LinkedList: elements that carry their own links, in the order in which they were added.
//
//   list        element                    element
//   ┌───────┐   ┌──────────────────┐       ┌──────────────────┐
//   │ front ├──►│ ... │ next ──────┼──────►│ ... │ next       │
//   │ back  ├─┐ │     │ previous   │◄──────┼──── │ previous   │
//   └───────┘ │ └──────────────────┘       └──────────────────┘
//             └────────────────────────────────▲
//
// An element is in as many lists at once as it has Links, needs no memory to be in them, and leaves
// any of them without a search. Elements belong to the caller, and must leave before they end.
//
// Cost: everything is O(1), an iteration O(n).
#ifndef SOLOKV_KV_DS_LINKED_LIST_H_
#define SOLOKV_KV_DS_LINKED_LIST_H_

namespace kv {

template <class Element>
struct Links {
  Element* previous = nullptr;
  Element* next = nullptr;
};

// `kLinks` is the member of the element that links this list: LinkedList<Node, &Node::links>.
template <class Element, auto kLinks>
class LinkedList {
 public:
  bool empty() const { return front_ == nullptr; }
  Element* front() const { return front_; }
  static Element* Next(const Element* element) { return (element->*kLinks).next; }

  void PushBack(Element* element) {
    (element->*kLinks) = {.previous = back_, .next = nullptr};
    (back_ == nullptr ? front_ : (back_->*kLinks).next) = element;
    back_ = element;
  }
  // Precondition: the element is in this list.
  void Remove(Element* element) {
    const Links<Element> links = element->*kLinks;
    (links.previous == nullptr ? front_ : (links.previous->*kLinks).next) = links.next;
    (links.next == nullptr ? back_ : (links.next->*kLinks).previous) = links.previous;
  }

 private:
  Element* front_ = nullptr;
  Element* back_ = nullptr;
};

}  // namespace kv

#endif  // SOLOKV_KV_DS_LINKED_LIST_H_
