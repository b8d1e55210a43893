package com.example.orders;

import java.security.Principal;
import java.util.List;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.http.HttpStatus;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.server.ResponseStatusException;

@Entity
class Order {
    @Id
    private Long id;
    private String ownerId;
    private String status;

    public String getOwnerId() {
        return ownerId;
    }

    public void setStatus(String status) {
        this.status = status;
    }
}

interface OrderRepository extends JpaRepository<Order, Long> {
    java.util.Optional<Order> findByIdAndOwnerId(Long id, String ownerId);
}

@RestController
@RequestMapping("/orders")
class OrderController {
    private final OrderRepository orderRepository;

    OrderController(OrderRepository orderRepository) {
        this.orderRepository = orderRepository;
    }

    // label: not_checked
    @GetMapping("/{id}")
    public Order read(@PathVariable Long id, Principal principal) {
        return orderRepository.findById(id).orElseThrow();
    }

    // label: checked
    @GetMapping("/{id}/own")
    public Order own(@PathVariable Long id, Principal principal) {
        return orderRepository.findByIdAndOwnerId(id, principal.getName())
            .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
    }

    // label: checked
    @PutMapping("/{id}")
    public Order update(@PathVariable Long id, @RequestBody String status, Principal principal) {
        Order order = orderRepository.findById(id).orElseThrow();
        if (!order.getOwnerId().equals(principal.getName())) {
            throw new AccessDeniedException("forbidden");
        }
        order.setStatus(status);
        return orderRepository.save(order);
    }

    // label: not_checked
    @DeleteMapping("/{id}")
    public void delete(@PathVariable Long id, Principal principal) {
        orderRepository.deleteById(id);
    }

    // label: checked
    @GetMapping("/of/{owner}")
    @PreAuthorize("#owner == authentication.name")
    public List<Order> of(@PathVariable String owner) {
        return orderRepository.findByOwnerId(owner);
    }

    // label: not_checked
    @PostMapping("/{id}/cancel")
    public Order cancel(@PathVariable Long id, Principal principal) {
        Order order = orderRepository.findById(id).orElseThrow();
        if (order.getOwnerId().equals(principal.getName())) {
            throw new AccessDeniedException("forbidden");
        }
        order.setStatus("cancelled");
        return orderRepository.save(order);
    }
}
